package org.tornadomor.tokenizer;

/**
 * UTF-8 byte by byte. What is no UTF-8 becomes replacement characters, one for each longest start of a character ("maximal
 * subpart", Unicode 16, section 3.9.6), as in the Hugging Face library. Java's own decoder counts surrogates another way.
 */
final class LossyUtf8 {
    static final char REPLACEMENT = '\uFFFD';

    private int missing;
    private int point;
    private int least = 0x80;
    private int most = 0xBF;

    /** Takes a byte and appends what is now certain. */
    void accept(int b, StringBuilder text) {
        if (missing > 0) {
            if (b >= least && b <= most) {
                point = point << 6 | b & 0x3F;
                range(0x80, 0xBF);
                if (--missing == 0) {
                    text.appendCodePoint(point);
                }
                return;
            }
            finish(text);
        }
        begin(b, text);
    }

    private void begin(int b, StringBuilder text) {
        if (b < 0x80) {
            text.append((char) b);
        } else if (b >= 0xC2 && b <= 0xDF) {
            begin(1, b & 0x1F);
        } else if (b >= 0xE0 && b <= 0xEF) {
            begin(2, b & 0x0F);
            // Excludes encodings that are longer than needed, and surrogates.
            range(b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF);
        } else if (b >= 0xF0 && b <= 0xF4) {
            begin(3, b & 0x07);
            range(b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF);
        } else {
            text.append(REPLACEMENT);
        }
    }

    private void begin(int following, int bits) {
        missing = following;
        point = bits;
    }

    private void range(int from, int to) {
        least = from;
        most = to;
    }

    /** Whether a character is unfinished. */
    boolean holds() {
        return missing > 0;
    }

    /** No more bytes: appends a replacement for an unfinished character. */
    void finish(StringBuilder text) {
        if (missing > 0) {
            text.append(REPLACEMENT);
            missing = 0;
            range(0x80, 0xBF);
        }
    }
}
