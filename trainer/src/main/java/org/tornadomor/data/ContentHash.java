package org.tornadomor.data;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The first half of the SHA-256 of a text: texts with the same hash count as the same. */
record ContentHash(long high, long low) {
    /** Bytes of a hash. */
    static final int BYTES = 2 * Long.BYTES;

    /** The hash of a document's text; its name plays no part. */
    static ContentHash of(Document document) {
        ByteBuffer hash = ByteBuffer.wrap(sha256().digest(document.utf8()));
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

    /** Puts the hash into a buffer. */
    void put(ByteBuffer into) {
        into.putLong(high).putLong(low);
    }
}
