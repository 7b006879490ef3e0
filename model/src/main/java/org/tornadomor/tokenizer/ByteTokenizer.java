package org.tornadomor.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Ids 0 to 255 are the bytes of the UTF-8 text, 256 ends a text. Needs no file and no training. */
public final class ByteTokenizer implements Tokenizer {
    /** The id that ends a text. */
    public static final int END_OF_TEXT = 256;

    /** The number of ids. */
    public static final int VOCAB_SIZE = 257;

    @Override
    public String name() {
        return "bytes";
    }

    @Override
    public int vocabSize() {
        return VOCAB_SIZE;
    }

    @Override
    public int endOfText() {
        return END_OF_TEXT;
    }

    /** The end of the text before: models of bytes see texts one behind the other. */
    @Override
    public int beginOfText() {
        return END_OF_TEXT;
    }

    @Override
    public int[] encode(String text, SpecialTokens special) {
        return encodeBytes(text.getBytes(StandardCharsets.UTF_8), special);
    }

    @Override
    public int[] encodeBytes(byte[] utf8, SpecialTokens special) {
        int[] ids = new int[utf8.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Byte.toUnsignedInt(utf8[i]);
        }
        return ids;
    }

    @Override
    public String decode(int[] ids) {
        StreamDecoder decoder = streamDecoder();
        StringBuilder text = new StringBuilder(ids.length);
        for (int id : ids) {
            text.append(decoder.accept(id));
        }
        return text.append(decoder.finish()).toString();
    }

    @Override
    public long countBytes(int[] ids) {
        long bytes = 0;
        for (int id : ids) {
            bytes += id == END_OF_TEXT ? 0 : 1;
        }
        return bytes;
    }

    /** The end of a text: nothing spells it. */
    @Override
    public boolean isSpecial(int id) {
        return id == END_OF_TEXT;
    }

    @Override
    public long countSpelled(byte[] utf8) {
        return 0;
    }

    @Override
    public StreamDecoder streamDecoder() {
        return new Utf8Stream();
    }

    @Override
    public String fingerprint() {
        return "bytes-" + VOCAB_SIZE;
    }

    /** Writes nothing: a checkpoint of 257 ids without a tokenizer file is one of bytes. */
    @Override
    public void save(Path folder) {}

    @Override
    public void close() {}

    /** UTF-8 a byte at a time. The end of a text also ends an unfinished character. */
    private static final class Utf8Stream implements StreamDecoder {
        private final CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        // A character has four bytes at most; malformed ones among them can each become a replacement character.
        private final ByteBuffer held = ByteBuffer.allocate(8);
        private final CharBuffer text = CharBuffer.allocate(16);

        @Override
        public String accept(int id) {
            if (id < 0 || id >= VOCAB_SIZE) {
                throw new IllegalArgumentException("id " + id + " is not one of the " + VOCAB_SIZE + " of bytes");
            }
            if (id == END_OF_TEXT) {
                return finish();
            }
            held.put((byte) id).flip();
            decoder.decode(held, text, false);
            held.compact();
            return take();
        }

        @Override
        public boolean holds() {
            return held.position() > 0;
        }

        @Override
        public String finish() {
            held.flip();
            decoder.decode(held, text, true);
            decoder.flush(text);
            decoder.reset();
            held.clear();
            return take();
        }

        private String take() {
            String complete = text.flip().toString();
            text.clear();
            return complete;
        }
    }
}
