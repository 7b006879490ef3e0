package org.tornadomor.data;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Tokens in memory, one, two or four bytes each as the vocabulary needs. Grows chunk by chunk, so that it neither copies what
 * it has nor ends at the largest array.
 */
final class TokenBuffer implements TokenSequence {
    private static final int CHUNK_BITS = 20;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final int width;
    private final List<byte[]> chunks = new ArrayList<>();
    private long size;

    TokenBuffer(int vocabSize) {
        this.width = vocabSize <= 1 << 8 ? 1 : vocabSize <= 1 << 16 ? 2 : 4;
    }

    void add(int token) {
        int place = (int) (size & (CHUNK - 1));
        if (place == 0) {
            chunks.add(new byte[CHUNK * width]);
        }
        byte[] chunk = chunks.getLast();
        switch (width) {
            case 1 -> chunk[place] = (byte) token;
            case 2 -> SHORTS.set(chunk, 2 * place, (short) token);
            default -> INTS.set(chunk, 4 * place, token);
        }
        size++;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int get(long index) {
        Objects.checkIndex(index, size);
        return read(chunks.get((int) (index >> CHUNK_BITS)), (int) (index & (CHUNK - 1)));
    }

    @Override
    public void copy(long from, int[] into, int offset, int length) {
        Objects.checkFromIndexSize(from, length, size);
        int done = 0;
        while (done < length) {
            byte[] chunk = chunks.get((int) ((from + done) >> CHUNK_BITS));
            int place = (int) ((from + done) & (CHUNK - 1));
            int run = Math.min(length - done, CHUNK - place);
            for (int i = 0; i < run; i++) {
                into[offset + done + i] = read(chunk, place + i);
            }
            done += run;
        }
    }

    private int read(byte[] chunk, int place) {
        return switch (width) {
            case 1 -> Byte.toUnsignedInt(chunk[place]);
            case 2 -> Short.toUnsignedInt((short) SHORTS.get(chunk, 2 * place));
            default -> (int) INTS.get(chunk, 4 * place);
        };
    }
}
