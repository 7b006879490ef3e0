package org.tornadomor.engine.cpu.products;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.tornadomor.UserError;

/**
 * Where the files of oneDNN are. They come in an artifact of Maven Central that nothing depends on: a person who wants it puts its jar
 * into a folder of the cache, names it by {@link #PROPERTY}, or has it on the class path. Its two files are unpacked once, into the
 * cache, since a library is loaded from a file of its own.
 */
final class OneDnnLibrary {
    /** The artifact that was tried. */
    static final String ARTIFACT = "org.bytedeco:dnnl:3.11-1.5.13:jar:linux-x86_64";

    /** Names the artifact's jar, or a folder with the two files. */
    static final String PROPERTY = "tornadomor.onednn";

    private static final String CACHE_PROPERTY = "tornadomor.cache";
    private static final String LIBRARY = "libdnnl.so.3";
    private static final String THREADS = "libgomp.so.1";
    private static final String INSIDE = "org/bytedeco/dnnl/linux-x86_64/";
    private static final String JARS = "dnnl-*-linux-x86_64.jar";

    private OneDnnLibrary() {}

    /** Two files in a folder of their own: the second is what the first needs for its threads. */
    record Place(Path library, Path threads) {
        private static Place in(Path folder) {
            return new Place(folder.resolve(LIBRARY), folder.resolve(THREADS));
        }

        private boolean exist() {
            return Files.isRegularFile(library) && Files.isRegularFile(threads);
        }
    }

    /**
     * Finds the files, and unpacks them if need be.
     *
     * @throws UserError in one line, with how to get them
     */
    static Place find() {
        return find(System.getProperty(PROPERTY), cache());
    }

    /** The same, with a path that was named, or null, and a folder for jars and what comes out of them. */
    static Place find(String named, Path cache) {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            throw new UserError("oneDNN is used on Linux on x86-64 alone");
        }
        if (named != null) {
            Path path = Path.of(named);
            if (Files.isDirectory(path) && Place.in(path).exist()) {
                return Place.in(path);
            }
            if (Files.isRegularFile(path)) {
                return unpacked(path, cache);
            }
            throw new UserError(PROPERTY + " names " + named + ", where there is neither the jar of " + ARTIFACT
                    + " nor a folder with " + LIBRARY + " and " + THREADS);
        }
        Path jar = onClassPath()
                .or(() -> in(cache))
                .orElseThrow(() -> new UserError("oneDNN is not installed; get it with: mvn dependency:copy -Dartifact="
                        + ARTIFACT + " -DoutputDirectory=" + cache));
        return unpacked(jar, cache);
    }

    private static Optional<Path> onClassPath() {
        URL found = OneDnnLibrary.class.getResource("/" + INSIDE + LIBRARY);
        if (found == null || !found.getProtocol().equals("jar")) {
            return Optional.empty();
        }
        String inside = found.getPath();
        try {
            return Optional.of(Path.of(new URI(inside.substring(0, inside.indexOf("!/")))));
        } catch (URISyntaxException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The last by name of the jars in a folder. */
    private static Optional<Path> in(Path folder) {
        List<Path> jars = new ArrayList<>();
        try (var found = Files.newDirectoryStream(folder, JARS)) {
            found.forEach(jars::add);
        } catch (IOException e) {
            return Optional.empty();
        }
        return jars.stream().max(Path::compareTo);
    }

    private static Place unpacked(Path jar, Path cache) {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry library = zip.getEntry(INSIDE + LIBRARY);
            ZipEntry threads = zip.getEntry(INSIDE + THREADS);
            if (library == null || threads == null) {
                throw new UserError(jar + " is not the jar of " + ARTIFACT + ", which has " + INSIDE + LIBRARY);
            }
            Path folder = cache.resolve(Long.toHexString(library.getCrc()));
            Files.createDirectories(folder);
            unpack(zip, threads, folder.resolve(THREADS));
            unpack(zip, library, folder.resolve(LIBRARY));
            return Place.in(folder);
        } catch (IOException e) {
            throw new UserError("cannot unpack " + jar + " into " + cache + ": " + e.getMessage(), e);
        }
    }

    /** Leaves a file alone that is there in full: another JVM may have loaded it. */
    private static void unpack(ZipFile zip, ZipEntry entry, Path file) throws IOException {
        if (Files.isRegularFile(file) && Files.size(file) == entry.getSize()) {
            return;
        }
        Path aside = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".new");
        try (InputStream in = zip.getInputStream(entry)) {
            Files.copy(in, aside, StandardCopyOption.REPLACE_EXISTING);
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    private static Path cache() {
        String asked = System.getProperty(CACHE_PROPERTY);
        if (asked != null) {
            return Path.of(asked, "onednn");
        }
        Path user = Stream.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .filter(path -> Path.of(path).isAbsolute())
                .map(Path::of)
                .findFirst()
                .orElseGet(() -> Path.of(System.getProperty("user.home", ""), ".cache"));
        return user.resolve("tornado-mor").resolve("onednn");
    }
}
