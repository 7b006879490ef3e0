package org.tornadomor.cli.options;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote beside this class. */
public final class Version implements IVersionProvider {
    private static final String FILE = "version.properties";

    @Override
    public String[] getVersion() {
        return new String[] {program() + ", Java " + Runtime.version()};
    }

    /** The program's name, version, and commit if that is known. */
    static String program() {
        return Installation.NAME + " " + version() + (commit().isEmpty() ? "" : ", commit " + commit());
    }

    static String version() {
        return properties().getProperty("version");
    }

    /** The commit that was checked out when the program was built; empty if that was not in a repository. */
    static String commit() {
        String commit = properties().getProperty("commit");
        return commit.equals("unknown") || commit.startsWith("$") ? "" : commit;
    }

    private static Properties properties() {
        try (InputStream in = Version.class.getResourceAsStream(FILE)) {
            Properties properties = new Properties();
            properties.load(in);
            return properties;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
