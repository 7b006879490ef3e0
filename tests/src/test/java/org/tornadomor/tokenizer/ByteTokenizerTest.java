package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ByteTokenizerTest {
    private final ByteTokenizer tokenizer = new ByteTokenizer();

    @Test
    void idsAreTheBytes() {
        assertArrayEquals(new int[] {'a', 0xE2, 0x82, 0xAC}, tokenizer.encode("a€"));
        assertEquals(257, tokenizer.vocabSize());
        assertEquals(256, tokenizer.endOfText());
        assertEquals(4, tokenizer.countBytes(new int[] {'a', 0xE2, 0x82, 256, 0xAC}));
    }

    @Property(tries = 300)
    void decodesArbitraryBytesAsTheJdkDoes(@ForAll byte[] bytes) {
        String expected = new String(bytes, StandardCharsets.UTF_8);
        assertEquals(expected, tokenizer.decode(tokenizer.encodeBytes(bytes)));
    }

    @Property(tries = 300)
    void textSurvives(@ForAll String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        assertEquals(new String(utf8, StandardCharsets.UTF_8), tokenizer.decode(tokenizer.encode(text)));
    }

    @Test
    void aCharacterComesOutWithItsLastByte() {
        StreamDecoder stream = tokenizer.streamDecoder();
        assertEquals("", stream.accept(0xF0));
        assertEquals("", stream.accept(0x9F));
        assertEquals("", stream.accept(0x8C));
        assertEquals("\uD83C\uDF2A", stream.accept(0xAA));
        assertEquals("", stream.accept(0xE2));
        assertEquals("\uFFFD", stream.accept(256));
        assertEquals("x", stream.accept('x'));
        assertEquals("", stream.accept(0xC3));
        assertEquals("\uFFFD", stream.finish());
        assertEquals("y", stream.accept('y'));
        assertEquals("", stream.finish());
    }

    @Test
    void refusesIdsThatAreNotBytes() {
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {257}));
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {-1}));
    }
}
