package org.tornadomor.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.regex.Pattern;
import org.tornadomor.UserError;

/**
 * Opens files that a person names, and only regular ones: a named pipe would keep the program waiting for a writer without a
 * message, and a device may never end.
 */
public final class InputFile {
    /** Paths of what this process has open already: standard input, and what a shell makes of {@code <(command)}. */
    private static final Pattern OPEN_ALREADY = Pattern.compile("/dev/stdin|/dev/fd/\\d+|/proc/(self|\\d+)/fd/\\d+");

    private InputFile() {}

    /**
     * The path that a text means.
     *
     * @throws UserError if it cannot be one, such as with a NUL in it
     */
    public static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UserError("'" + text.replace("\0", "\\0") + "' is no path (" + e.getReason() + "): check it", e);
        }
    }

    /**
     * Refuses everything but a regular file or a link to one.
     *
     * @throws UserError if it is missing, a folder, a pipe, a socket or a device
     */
    public static Path require(Path file) {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(file, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            throw Files.isSymbolicLink(file) ? deadLink(file, e) : UserError.file("read", file, e);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
        if (!attributes.isRegularFile()) {
            throw new UserError("Cannot read " + file + ": "
                    + (attributes.isDirectory()
                            ? "it is a folder; give a file"
                            : "it is a pipe, a socket or a device and no regular file; write its content to a file"
                                    + " first"));
        }
        return file;
    }

    private static UserError deadLink(Path file, IOException cause) {
        String target;
        try {
            target = Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            target = "another place";
        }
        return new UserError(
                "Cannot read " + file + ": it is a link to " + target + ", where nothing is; copy the file itself",
                cause);
    }

    /** Opens a regular file, without a buffer. */
    public static InputStream open(Path file) throws IOException {
        return Files.newInputStream(require(file));
    }

    /** Opens a regular file to be read at any place. */
    public static FileChannel channel(Path file) throws IOException {
        return FileChannel.open(require(file), StandardOpenOption.READ);
    }

    /** All bytes of a regular file. */
    public static byte[] bytes(Path file) throws IOException {
        return Files.readAllBytes(require(file));
    }

    /**
     * A regular file as text.
     *
     * @throws java.nio.charset.CharacterCodingException if it is not UTF-8
     */
    public static String text(Path file) throws IOException {
        return Files.readString(require(file));
    }

    /**
     * A text that is read once and in whole. A pipe that this process has open already is taken too: it has a writer, so that
     * nobody waits for one in vain.
     *
     * @throws java.nio.charset.CharacterCodingException if it is not UTF-8
     */
    public static String textOrPipe(Path file) throws IOException {
        boolean pipe = OPEN_ALREADY.matcher(file.toString()).matches() && !Files.isDirectory(file);
        return pipe ? Files.readString(file) : text(file);
    }
}
