package org.tornadomor.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.tornadomor.UserError;

/**
 * A file that is written aside, under its name with {@code .tmp} in the same folder, forced to disk and then moved over
 * the old one in one step: readers see the old file or the new one, also after a crash. Closing without {@link #commit}
 * removes it.
 */
public final class AsideFile implements AutoCloseable {
    private final Path file;
    private final Path aside;
    private final FileChannel channel;
    private boolean open = true;

    private AsideFile(Path file, Path aside, FileChannel channel) {
        this.file = file;
        this.aside = aside;
        this.channel = channel;
    }

    /**
     * Starts writing {@code file}, creating its folder if need be.
     *
     * @throws UserError if the disk refuses
     */
    public static AsideFile create(Path file) {
        Path absolute = file.toAbsolutePath();
        Path aside = absolute.resolveSibling(absolute.getFileName() + ".tmp");
        try {
            Files.createDirectories(absolute.getParent());
            FileChannel channel = FileChannel.open(
                    aside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
            return new AsideFile(file, aside, channel);
        } catch (IOException e) {
            throw UserError.file("write", file, e);
        }
    }

    /**
     * Writes a whole text file, in UTF-8.
     *
     * @throws UserError if the disk refuses
     */
    public static void writeText(Path file, String text) {
        try (AsideFile aside = create(file)) {
            aside.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
            aside.commit();
        }
    }

    /**
     * Writes what remains in {@code bytes} at a position of the file.
     *
     * @throws UserError if the disk refuses
     */
    public void write(ByteBuffer bytes, long position) {
        try {
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
        } catch (IOException e) {
            throw UserError.file("write", file, e);
        }
    }

    /**
     * Forces the file to disk and moves it into place.
     *
     * @throws UserError if the disk refuses
     */
    public void commit() {
        try {
            channel.force(true);
            channel.close();
            Files.move(aside, aside.resolveSibling(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            open = false;
        } catch (IOException e) {
            throw UserError.file("write", file, e);
        }
        forceFolder(aside.getParent());
    }

    /** Makes the move itself durable. */
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        } catch (IOException e) {
            // Some systems cannot open a folder; the file itself is safe already.
        }
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            try {
                channel.close();
                Files.deleteIfExists(aside);
            } catch (IOException e) {
                throw UserError.file("remove", aside, e);
            }
        }
    }
}
