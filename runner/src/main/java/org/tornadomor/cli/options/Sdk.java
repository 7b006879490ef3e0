package org.tornadomor.cli.options;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.tornadomor.UserError;

/**
 * An installed TornadoVM.
 *
 * @param home its folder, absolute
 */
public record Sdk(Path home) {
    /** What a person without one can do. */
    public static final String MISSING =
            "no TornadoVM SDK is installed here: get one with 'sdk install tornadovm' (SDKMAN) and"
                    + " set TORNADOVM_HOME, see docs/tornadovm.md, or use --engine cpu or --engine simulator";

    /** Failed kernels must be errors. The engine refuses to start without it. */
    static final String NO_BAILOUT = "-Dtornado.recover.bailout=False";

    private static final String HOME_VARIABLE = "TORNADOVM_HOME";
    private static final String ARGFILE = "tornado-argfile";
    /** The template from which the SDK's own launcher makes the argument file at its first run. */
    private static final String TEMPLATE = "tornado-argfile.template";
    /**
     * The working directory among the modules: every jar in it would become a module, and one with a TornadoVM package would
     * stop the JVM.
     */
    private static final Pattern WORKING_DIRECTORY = Pattern.compile("(--module-path[ =]\"?)\\.[:;]");

    /** A flag that chooses a garbage collector; a JVM that is told two of them does not start. */
    private static final Pattern COLLECTOR =
            Pattern.compile("(?<!\\S)-XX:\\+Use(?:Serial|Parallel|G1|Z|Shenandoah|Epsilon)GC(?!\\S)");

    private static final Pattern RELEASE = Pattern.compile("^version=.*-jdk(\\d+)(plus)?\\s*$", Pattern.MULTILINE);

    /**
     * The SDK of this machine: in {@code TORNADOVM_HOME} if that is set, else where SDKMAN puts it, else
     * {@code /opt/tornadovm}.
     *
     * @throws UserError if {@code TORNADOVM_HOME} is set and has no SDK
     */
    public static Optional<Sdk> find() {
        return find(System.getenv());
    }

    /** As {@link #find()} in another environment. */
    public static Optional<Sdk> find(Map<String, String> environment) {
        String named = environment.getOrDefault(HOME_VARIABLE, "");
        if (!named.isEmpty()) {
            return Optional.of(at(named)
                    .orElseThrow(() -> new UserError(HOME_VARIABLE + " is " + named + ", where no " + ARGFILE
                            + " is; set it to the folder of an SDK, see docs/tornadovm.md, or unset it")));
        }
        String user = environment.getOrDefault("HOME", System.getProperty("user.home"));
        String sdkman = environment.getOrDefault("SDKMAN_DIR", user + "/.sdkman");
        return at(sdkman + "/candidates/tornadovm/current").or(() -> at("/opt/tornadovm"));
    }

    private static Optional<Sdk> at(String folder) {
        try {
            Path home = Path.of(folder).toAbsolutePath();
            boolean sdk = Files.isReadable(home.resolve(ARGFILE)) || Files.isReadable(home.resolve(TEMPLATE));
            return sdk ? Optional.of(new Sdk(home)) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /**
     * The flags with which a JVM of this JDK runs on this SDK. The flag of its garbage collector is an entry of its own, so
     * that another choice can take its place.
     *
     * @throws UserError if this JDK cannot, or the flags cannot be read or written
     */
    public List<String> flags() {
        requireThisJdk();
        List<String> flags = new ArrayList<>(List.of("@" + argfile(cacheFolders()), NO_BAILOUT));
        collector().ifPresent(flags::add);
        return flags;
    }

    /** Whether a flag chooses a garbage collector. */
    public static boolean choosesCollector(String flag) {
        return COLLECTOR.matcher(flag).matches();
    }

    /** The flag of the SDK's own file that chooses a garbage collector. */
    Optional<String> collector() {
        return COLLECTOR.matcher(text()).results().map(MatchResult::group).reduce((first, last) -> last);
    }

    private void requireThisJdk() {
        int jdk = Runtime.version().feature();
        Matcher release;
        try {
            release = RELEASE.matcher(Files.readString(home.resolve("etc/tornado.release")));
        } catch (IOException e) {
            return;
        }
        if (release.find()) {
            int wanted = Integer.parseInt(release.group(1));
            boolean later = release.group(2) != null;
            if (later ? jdk < wanted : jdk != wanted) {
                throw new UserError("the TornadoVM in " + home + " is made for JDK " + wanted
                        + (later ? " or newer" : "") + ", and this is JDK " + jdk
                        + ": set JAVA_HOME to a fitting JDK or install another SDK, see docs/tornadovm.md");
            }
        }
    }

    /** The SDK's flags without the working directory among the modules, and without a garbage collector. */
    String arguments() {
        String modules = WORKING_DIRECTORY.matcher(text()).replaceAll("$1");
        return COLLECTOR.matcher(modules).replaceAll("");
    }

    private String text() {
        if (home.toString().chars().anyMatch(Character::isWhitespace)) {
            throw new UserError("the TornadoVM in '" + home + "' has a space in its path, which its own flags do not"
                    + " allow; move it or link to it");
        }
        Path file = home.resolve(ARGFILE);
        try {
            return Files.isReadable(file)
                    ? Files.readString(file)
                    : Files.readString(home.resolve(TEMPLATE)).replace("${" + HOME_VARIABLE + "}", home.toString());
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    /**
     * Writes {@link #arguments()} to a file. Its name says what is in it: it is never out of date, and JVMs that start at
     * the same time do not disturb each other.
     *
     * @param folders where it may be, the best first; the program's own folder may be read-only
     */
    Path argfile(List<Path> folders) {
        String text = arguments();
        CRC32C sum = new CRC32C();
        sum.update(text.getBytes(StandardCharsets.UTF_8));
        String name = ARGFILE + "-" + HexFormat.of().toHexDigits((int) sum.getValue());
        IOException failure = null;
        for (Path folder : folders) {
            try {
                return write(text, folder.resolve(name));
            } catch (IOException e) {
                failure = e;
            }
        }
        throw UserError.file("write", folders.getLast().resolve(name), failure);
    }

    private static Path write(String text, Path file) throws IOException {
        if (Files.isReadable(file) && Files.readString(file).equals(text)) {
            return file;
        }
        Files.createDirectories(file.getParent());
        Path aside = Files.createTempFile(file.getParent(), ARGFILE, ".new");
        try {
            Files.writeString(aside, text);
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(aside);
        }
        return file;
    }

    private static List<Path> cacheFolders() {
        List<Path> folders = new ArrayList<>();
        String cache = System.getenv(Installation.onWindows() ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
        String user = System.getProperty("user.home");
        if (cache != null && !cache.isEmpty()) {
            folders.add(Path.of(cache, Installation.NAME));
        } else if (user != null) {
            folders.add(Path.of(user, ".cache", Installation.NAME));
        }
        folders.add(Path.of(
                System.getProperty("java.io.tmpdir"), Installation.NAME + "-" + System.getProperty("user.name")));
        return folders;
    }
}
