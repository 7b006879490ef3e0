package org.tornadomor.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The lines of a file that begin in a part of it: together, parts that adjoin have each line once. */
final class LinePart extends InputStream {
    private final InputStream in;
    private final long to;
    private long at;
    private boolean over;

    private LinePart(InputStream in, long at, long to) {
        this.in = in;
        this.at = at;
        this.to = to;
    }

    /**
     * The lines of a part.
     *
     * @param stream from the byte before the part, or from the start of the file
     * @param from where the part begins, in bytes
     * @param to where it ends
     */
    static LinePart of(InputStream stream, long from, long to) throws IOException {
        InputStream in = new BufferedInputStream(stream, 1 << 16);
        long at = from;
        if (from > 0) {
            // The line that the byte before belongs to is one of the part before.
            at--;
            int b;
            do {
                b = in.read();
                at++;
            } while (b >= 0 && b != '\n');
        }
        LinePart part = new LinePart(in, at, to);
        part.over = at >= to;
        return part;
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
        if (over) {
            return -1;
        }
        // Up to the end of the part, then to the end of the line that it cuts.
        int count = in.read(into, offset, at < to ? (int) Math.min(length, to - at) : length);
        if (count < 0) {
            over = true;
            return -1;
        }
        int taken = count;
        if (at >= to) {
            taken = lineEnd(into, offset, count);
        } else if (at + count == to) {
            over = into[offset + count - 1] == '\n';
        }
        at += taken;
        return taken;
    }

    private int lineEnd(byte[] bytes, int offset, int count) {
        for (int i = 0; i < count; i++) {
            if (bytes[offset + i] == '\n') {
                over = true;
                return i + 1;
            }
        }
        return count;
    }
}
