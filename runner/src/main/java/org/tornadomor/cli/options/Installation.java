package org.tornadomor.cli.options;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;

/** What the build put beside the program. */
public final class Installation {
    private static final String JAVA_SOURCES = "commons-math3-sources.jar";

    private Installation() {}

    /** The command. */
    public static final String NAME = "tornado-mor";

    /** Whether this is Windows. */
    public static boolean onWindows() {
        return System.getProperty("os.name").startsWith("Windows");
    }

    /**
     * Java text for where the JDK comes without its source: the sources of Apache Commons Math. Null where the program
     * does not run from its folder, as in a development environment before the first packaging.
     */
    public static Path javaSources() {
        Path sources = beside(JAVA_SOURCES);
        return sources != null && Files.isRegularFile(sources) ? sources : null;
    }

    /** Where something of that name would lie in the folder of the program; null if it does not run from one. */
    public static Path beside(String name) {
        CodeSource origin = Installation.class.getProtectionDomain().getCodeSource();
        if (origin == null) {
            return null;
        }
        try {
            Path jar = new File(origin.getLocation().toURI()).toPath();
            // target/tornado-mor/tornado-mor.jar, or target/classes with the folder beside it.
            Path folder = Files.isDirectory(jar) ? jar.resolveSibling(NAME) : jar.getParent();
            return folder.resolve(name);
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
