package org.tornadomor.tokenizer;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where DJL unpacks the native tokenizer library to. By itself it takes {@code .djl.ai} in the user's home, or in the temporary folder
 * where it believes that the home cannot be written. It believes an administrator's home always can, and in the temporary folder it
 * loads what anybody put there. So where nothing can be unpacked into the home, it is told to take a folder in the temporary one that
 * is the user's alone.
 */
final class LibraryFolder {
    /** DJL reads the first of them that is set, in the environment or as a property. */
    private static final List<String> SETTINGS = List.of("RUST_LIBRARY_PATH", "ENGINE_CACHE_DIR", "DJL_CACHE_DIR");

    private static final String SETTING = "ENGINE_CACHE_DIR";

    /** Without it DJL asks a cloud metadata service who we are, and fetches GPU builds of its library on machines with CUDA. */
    private static final String OFFLINE = "ai.djl.offline";

    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private LibraryFolder() {}

    /**
     * Sets what DJL reads when it first needs the library, and has to be called before. What the user set stays; later calls change
     * nothing.
     */
    static synchronized void settle() {
        if (System.getProperty(OFFLINE) == null) {
            System.setProperty(OFFLINE, "true");
        }
        if (SETTINGS.stream().noneMatch(LibraryFolder::isSet)) {
            instead(Path.of(System.getProperty("user.home", "")), Path.of(System.getProperty("java.io.tmpdir")))
                    .ifPresent(folder -> System.setProperty(SETTING, folder.toString()));
        }
    }

    /** The flags with which another Java finds the library at the place where this one does. */
    static List<String> flags() {
        settle();
        return Stream.concat(SETTINGS.stream(), Stream.of(OFFLINE, "user.home", "java.io.tmpdir"))
                .filter(name -> System.getProperty(name) != null)
                .map(name -> "-D" + name + "=" + System.getProperty(name))
                .toList();
    }

    private static boolean isSet(String name) {
        String value = System.getenv(name);
        if (value == null) {
            value = System.getProperty(name);
        }
        return value != null && !value.isEmpty();
    }

    /**
     * What to take instead of the folder in the user's home; empty where that serves, or where nothing does.
     *
     * @param temporary the folder that others may write into too
     */
    static Optional<Path> instead(Path home, Path temporary) {
        // Without the permission DJL does not look there; with it the disk may still be one that is only read.
        if (Files.isWritable(home) && takesFiles(home.resolve(".djl.ai").resolve("tokenizers"))) {
            return Optional.empty();
        }
        String user = System.getProperty("user.name", "").replaceAll("\\W", "_");
        try {
            Path folder = temporary.resolve("tornado-mor-native-" + user);
            try {
                createPrivate(folder);
            } catch (FileAlreadyExistsException e) {
                // From the last start, if it is the user's.
            }
            return Optional.of(isPrivate(folder) ? folder : passing(temporary));
        } catch (IOException | SecurityException e) {
            return Optional.empty();
        }
    }

    private static boolean takesFiles(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, "trial", ".tmp"));
            return true;
        } catch (IOException | SecurityException e) {
            return false;
        }
    }

    private static void createPrivate(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(folder); // Windows has a temporary folder for each user.
        }
    }

    /** Whether it is a folder, no link, of this user, in which nobody else puts files. */
    private static boolean isPrivate(Path folder) {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try {
            Path own = Files.createTempFile(folder, "trial", ".tmp");
            try {
                PosixFileAttributeView view =
                        Files.getFileAttributeView(folder, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
                return view == null
                        || view.getOwner().equals(Files.getOwner(own))
                                && view.readAttributes().permissions().stream().noneMatch(OTHERS_WRITE::contains);
            } finally {
                Files.delete(own);
            }
        } catch (IOException | SecurityException e) {
            return false;
        }
    }

    /** A new folder, which goes with this process. */
    private static Path passing(Path temporary) throws IOException {
        Path folder = Files.createTempDirectory(temporary, "tornado-mor-native");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        return folder;
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | SecurityException e) {
            // Windows deletes no library that is loaded.
        }
    }
}
