package org.tornadomor.tasks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.TextBoundaries;

/** With a tokenizer of bytes, whose token 256 ends texts. */
class RequestEncoderTest {
    private static final int END = 256;

    private static RequestEncoder encoder(int context) {
        return new RequestEncoder(TextBoundaries.of(new ByteTokenizer()), context);
    }

    private static TokenRequest encode(int context, String before, String continuation) {
        return encoder(context).encode(new TextRequest(before, continuation), "document 1");
    }

    @Test
    void blanksGoToTheContinuation() {
        TokenRequest request = encode(100, "ab  ", "c");
        assertArrayEquals(new int[] {'a', 'b', ' ', ' ', 'c'}, request.ids());
        assertEquals(3, request.scored());
        assertEquals(1, request.firstPredicting());
    }

    @Test
    void anEmptyContextIsTheEndOfATextBefore() {
        for (String before : List.of("", " ")) {
            TokenRequest request = encode(100, before, "ab");
            assertEquals(END, request.ids()[0]);
            assertEquals(request.ids().length - 1, request.scored());
        }
    }

    @Test
    void theBeginningGoes() {
        TokenRequest request = encode(4, "abcdefg", "hi");
        assertArrayEquals(new int[] {'e', 'f', 'g', 'h', 'i'}, request.ids());
        assertEquals(2, request.scored());
        assertEquals(4, request.cut());
        TokenRequest partial = encode(4, "abc", "defghi");
        assertArrayEquals(new int[] {'e', 'f', 'g', 'h', 'i'}, partial.ids());
        assertEquals(4, partial.scored());
        assertTrue(partial.partial());
    }

    @Test
    void nothingToPredict() {
        UserError error = assertThrows(UserError.class, () -> encode(10, "ab", ""));
        assertTrue(error.getMessage().contains("document 1"), error.getMessage());
    }

    @Test
    void windowsPredictEachTokenOnce() {
        List<TokenRequest> windows = encoder(4).windows("abcdefghij");
        assertArrayEquals(new int[] {END, 'a', 'b', 'c', 'd'}, windows.get(0).ids());
        assertArrayEquals(new int[] {'d', 'e', 'f', 'g', 'h'}, windows.get(1).ids());
        assertArrayEquals(new int[] {'f', 'g', 'h', 'i', 'j'}, windows.get(2).ids());
        assertEquals(
                List.of(4, 4, 2), windows.stream().map(TokenRequest::scored).toList());
        assertEquals(List.of(), encoder(4).windows(""));
    }
}
