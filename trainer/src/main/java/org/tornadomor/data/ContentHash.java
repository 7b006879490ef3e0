package org.tornadomor.data;

import java.io.Serial;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The first half of the SHA-256 of a text: texts with the same hash count as the same. In the order of their bytes.
 *
 * @param high the first eight bytes, the first of them the highest
 * @param low the next eight
 */
public record ContentHash(long high, long low) implements Comparable<ContentHash>, Serializable {
    @Serial
    private static final long serialVersionUID = 1;

    /** Bytes of a hash. */
    static final int BYTES = 2 * Long.BYTES;

    /** The hash of a document's text; its name plays no part. */
    static ContentHash of(Document document) {
        return of(document.utf8());
    }

    /** The hash of a message. */
    static ContentHash of(String message) {
        return of(message.getBytes(StandardCharsets.UTF_8));
    }

    private static ContentHash of(byte[] bytes) {
        ByteBuffer hash = ByteBuffer.wrap(sha256().digest(bytes));
        return new ContentHash(hash.getLong(), hash.getLong());
    }

    /** A new SHA-256. */
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /**
     * Whether the text is in a share of all texts. The choice is always the same, and a larger share contains a smaller one.
     */
    boolean isWithin(double share) {
        return (high >>> 11) * 0x1p-53 < share;
    }

    @Override
    public int compareTo(ContentHash other) {
        int first = Long.compareUnsigned(high, other.high);
        return first != 0 ? first : Long.compareUnsigned(low, other.low);
    }

    /** Puts the hash into a buffer. */
    void put(ByteBuffer into) {
        into.putLong(high).putLong(low);
    }
}
