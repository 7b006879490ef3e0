package org.tornadomor.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.tornadomor.UserError;

/** Tokens in a file of two or four bytes each, little-endian, mapped into memory: only what is read gets loaded. */
final class MappedTokens implements TokenSequence {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment segment;
    private final boolean wide;
    private final long size;

    private MappedTokens(MemorySegment segment, int tokenBytes) {
        this.segment = segment;
        this.wide = tokenBytes == Integer.BYTES;
        this.size = segment.byteSize() / tokenBytes;
    }

    /** How many bytes a token takes in a file: two where the vocabulary fits, else four. */
    static int tokenBytes(int vocabSize) {
        return vocabSize <= 1 << Short.SIZE ? Short.BYTES : Integer.BYTES;
    }

    /**
     * Maps a file, which stays mapped as long as this is in use.
     *
     * @throws UserError if it cannot be read
     */
    static MappedTokens open(Path file, int tokenBytes) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return new MappedTokens(
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()), tokenBytes);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int get(long index) {
        Objects.checkIndex(index, size);
        return wide ? segment.getAtIndex(INT, index) : Short.toUnsignedInt(segment.getAtIndex(SHORT, index));
    }

    @Override
    public void copy(long from, int[] into, int offset, int length) {
        Objects.checkFromIndexSize(from, length, size);
        if (wide) {
            for (int i = 0; i < length; i++) {
                into[offset + i] = segment.getAtIndex(INT, from + i);
            }
        } else {
            for (int i = 0; i < length; i++) {
                into[offset + i] = Short.toUnsignedInt(segment.getAtIndex(SHORT, from + i));
            }
        }
    }
}
