package org.tornadomor.data;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.tornadomor.UserError;

/**
 * One text, as valid UTF-8.
 *
 * @param name where it comes from, with {@code /} between the parts
 * @param utf8 the text; not copied
 */
public record Document(String name, byte[] utf8) {
    /**
     * Checks the bytes.
     *
     * @throws UserError with name and offset if they are not UTF-8
     */
    public Document {
        long offset = firstInvalid(utf8);
        if (offset >= 0) {
            throw new UserError(name + " is not valid UTF-8 at byte " + offset
                    + ": convert it to UTF-8, or leave it out with a file filter");
        }
    }

    /** The longest start of this document that has at most so many bytes and cuts no character. */
    Document truncate(long maxBytes) {
        if (utf8.length <= maxBytes) {
            return this;
        }
        int end = (int) maxBytes;
        while (end > 0 && (utf8[end] & 0xC0) == 0x80) {
            end--;
        }
        return new Document(name, Arrays.copyOf(utf8, end));
    }

    /** The offset of the first byte that does not belong to a character, or -1. */
    private static long firstInvalid(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer scratch = CharBuffer.allocate(8192);
        CoderResult result;
        do {
            scratch.clear();
            result = decoder.decode(in, scratch, true);
        } while (result.isOverflow());
        return result.isError() ? in.position() : -1;
    }
}
