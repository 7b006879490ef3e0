package org.tornadomor.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tornadomor.UserError;

/**
 * {@code SHA256SUMS} of a checkpoint folder: the hash of each of its files, in the format of {@code sha256sum}, which can check
 * them too. The file is optional: folders without it load as well.
 */
public final class Checksums {
    /** The name of the file. */
    public static final String FILE = "SHA256SUMS";

    private static final int BUFFER_BYTES = 1 << 20;
    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) [ *]([^/\\\\\\x00]+)");

    private Checksums() {}

    /**
     * Writes the hashes of all files of a folder.
     *
     * @throws UserError if the disk refuses
     */
    public static void write(Path folder) {
        StringBuilder text = new StringBuilder();
        for (Path file : files(folder)) {
            text.append(hash(file)).append("  ").append(file.getFileName()).append('\n');
        }
        AsideFile.writeText(folder.resolve(FILE), text.toString());
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(file -> !file.endsWith(FILE) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw UserError.file("read", folder, e);
        }
    }

    /**
     * Compares the files of a folder with their hashes; a folder without hashes passes.
     *
     * @throws UserError naming the file that is missing or differs
     */
    public static void verify(Path folder) {
        Path sums = folder.resolve(FILE);
        List<String> lines = lines(sums);
        if (lines.isEmpty() && Files.exists(sums)) {
            throw new UserError(sums + " is empty, so it is damaged: use another checkpoint");
        }
        for (String line : lines) {
            Matcher entry = LINE.matcher(line);
            if (!entry.matches()) {
                throw new UserError(sums + " is damaged at '" + line + "': use another checkpoint");
            }
            Path file = file(folder, entry.group(2));
            if (!Files.exists(file)) {
                throw new UserError(file + " is missing, which " + FILE + " lists: use another checkpoint");
            }
            if (!hash(file).equals(entry.group(1))) {
                throw new UserError(file + " is damaged, since its hash is not the one in " + FILE
                        + ": use another checkpoint, or remove the line there if you changed the file yourself");
            }
        }
    }

    private static Path file(Path folder, String name) {
        try {
            return folder.resolve(name);
        } catch (InvalidPathException e) {
            throw new UserError(
                    folder.resolve(FILE) + " names '" + name + "', which is no file name here: use another checkpoint",
                    e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(InputFile.require(file)) : List.of();
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    private static String hash(Path file) {
        try (InputStream in = InputFile.open(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
