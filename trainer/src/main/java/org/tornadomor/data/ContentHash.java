package org.tornadomor.data;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The first half of the SHA-256 of a text: two texts with the same one are the same. */
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

    /** Whether this is one of a share of all texts: the same ones always, and of a larger share too. */
    boolean isWithin(double share) {
        return (high >>> 11) * 0x1p-53 < share;
    }

    /** Puts the hash into a buffer. */
    void put(ByteBuffer into) {
        into.putLong(high).putLong(low);
    }
}
