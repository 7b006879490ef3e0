package org.tornadomor.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.MalformedInputException;

/**
 * A stream of UTF-8 that is read line by line: it ends behind each line, until {@link #next} goes on to the following one.
 * After {@link #whole}, all that follows is one stream. Bytes that are no UTF-8 are an error where they stand, since a parser
 * might make other characters of them.
 */
final class Utf8Lines extends InputStream {
    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER];
    private int from;
    private int to;
    private boolean whole;
    private boolean lineOver = true;
    private long line;

    /** Bytes that the current character still lacks, and the bounds of the next one. */
    private int due;

    private int low;
    private int high;

    Utf8Lines(InputStream in) {
        this.in = in;
    }

    /** Goes to the beginning of the next line, behind whatever is left of this one, and says whether there is one. */
    boolean next() throws IOException {
        while (!lineOver) {
            if (from == to && !fill()) {
                return false;
            }
            while (from < to && !lineOver) {
                lineOver = buffer[from++] == '\n';
            }
        }
        if (from == to && !fill()) {
            return false;
        }
        due = 0;
        line++;
        lineOver = false;
        return true;
    }

    /** Makes one stream of all that follows. */
    Utf8Lines whole() {
        whole = true;
        line = 1;
        lineOver = false;
        return this;
    }

    /** The number of the line that is being read, from 1. */
    long line() {
        return line;
    }

    private boolean fill() throws IOException {
        from = 0;
        to = Math.max(0, in.read(buffer));
        return to > 0;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (lineOver || from == to && !fill()) {
            requireWhole();
            return -1;
        }
        int end = from + Math.min(length, to - from);
        int at = from;
        while (at < end && !lineOver) {
            byte b = buffer[at];
            if (b == '\n' && due == 0) {
                line += whole ? 1 : 0;
                lineOver = !whole;
            } else if (!accept(b)) {
                if (at == from) {
                    throw new MalformedInputException(1);
                }
                // The bytes before the invalid one are handed out first.
                break;
            }
            at += lineOver ? 0 : 1;
        }
        int count = at - from;
        System.arraycopy(buffer, from, into, offset, count);
        from = at + (lineOver ? 1 : 0);
        return count == 0 ? -1 : count;
    }

    private void requireWhole() throws CharacterCodingException {
        if (due > 0) {
            due = 0;
            throw new MalformedInputException(1);
        }
    }

    /** Whether a byte continues or begins a character, by the table of well-formed sequences of the Unicode standard (3-7). */
    private boolean accept(byte signed) {
        int b = Byte.toUnsignedInt(signed);
        if (due > 0) {
            boolean good = b >= low && b <= high;
            if (good) {
                due--;
                low = 0x80;
                high = 0xBF;
            }
            return good;
        }
        if (b < 0x80) {
            return true;
        }
        if (b < 0xC2 || b > 0xF4) {
            return false;
        }
        due = b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
        low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
        high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
        return true;
    }
}
