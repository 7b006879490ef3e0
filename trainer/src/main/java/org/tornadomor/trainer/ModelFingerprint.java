package org.tornadomor.trainer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.tornadomor.UserError;
import org.tornadomor.model.io.CheckpointFolder;

/** What tells one model from others: a hash of its weights and its configuration. */
public final class ModelFingerprint {
    private static final int BUFFER = 1 << 20;

    private ModelFingerprint() {}

    /**
     * Reads all weights of a checkpoint.
     *
     * @return SHA-256, in hexadecimal digits
     * @throws UserError if a file cannot be read
     */
    public static String of(CheckpointFolder checkpoint) {
        MessageDigest hash = sha256();
        for (Path file : checkpoint.tensors().files().stream().sorted().toList()) {
            try (InputStream in = Files.newInputStream(file)) {
                update(hash, in);
            } catch (IOException e) {
                throw UserError.file("read", file, e);
            }
        }
        hash.update(checkpoint.config().toJson().getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash.digest());
    }

    /** SHA-256 of what a stream gives. */
    static String hash(InputStream in) throws IOException {
        MessageDigest hash = sha256();
        update(hash, in);
        return HexFormat.of().formatHex(hash.digest());
    }

    /** SHA-256 of some bytes. */
    public static String hash(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    private static void update(MessageDigest hash, InputStream in) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            hash.update(buffer, 0, count);
        }
    }

    /** A digest to be fed piece by piece. */
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
