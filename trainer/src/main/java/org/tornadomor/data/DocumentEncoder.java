package org.tornadomor.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import org.tornadomor.tokenizer.Tokenizer;

/** Makes the bytes of a shard out of documents. Safe for use by several threads, as its tokenizer is. */
public final class DocumentEncoder {
    private final PrepareSettings settings;
    private final Tokenizer tokenizer;
    private final int tokenBytes;

    /**
     * A document as bytes of a shard.
     *
     * @param bytes its tokens, with the end token
     * @param special how many special tokens its text became
     */
    public record Encoded(byte[] bytes, long special) {}

    /** An encoder; the tokenizer stays the caller's. */
    public DocumentEncoder(PrepareSettings settings, Tokenizer tokenizer) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.tokenBytes = MappedTokens.tokenBytes(tokenizer.vocabSize());
    }

    /** Bytes of a token, 2 or 4. */
    int tokenBytes() {
        return tokenBytes;
    }

    /** How many special tokens a text spells. */
    public long spelled(byte[] utf8) {
        return tokenizer.countSpelled(utf8);
    }

    /** The tokens of a text, which is valid UTF-8. */
    public Encoded encode(byte[] utf8) {
        int[] own = tokenizer.encodeBytes(utf8, settings.special());
        int[] ids = tokenizer.begun(own);
        int end = tokenizer.endOfText();
        int count = ids.length + (end < 0 ? 0 : 1);
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(count, tokenBytes)).order(ByteOrder.LITTLE_ENDIAN);
        if (tokenBytes == Short.BYTES) {
            ShortBuffer shorts = bytes.asShortBuffer();
            for (int id : ids) {
                shorts.put((short) id);
            }
            if (end >= 0) {
                shorts.put((short) end);
            }
        } else {
            IntBuffer ints = bytes.asIntBuffer().put(ids);
            if (end >= 0) {
                ints.put(end);
            }
        }
        return new Encoded(
                bytes.array(), Arrays.stream(own).filter(tokenizer::isSpecial).count());
    }
}
