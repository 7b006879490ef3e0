package org.tornadomor.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.tokenizer.TinyTokenizers;
import org.tornadomor.tokenizer.Tokenizer;

class PieceTest {
    @TempDir
    Path folder;

    /** A line of {@code samples.jsonl} is the decoding of prompt and tokens together, whose first space alone is stripped. */
    @Test
    void whatIsWrittenGoesOnWithThePrompt() {
        try (Tokenizer tokenizer = TinyTokenizers.open(
                folder, TinyTokenizers.withDecoder(TinyTokenizers.decoders().get("llama-2")))) {
            int once = 3 + 256;
            int[] prompt = {once, once + 1, once + 2};
            Piece.Written written = Piece.written(
                    tokenizer, prompt, new int[] {once + 3, 3 + 0xC3, 3 + 0xA9, 3 + 0xC3}, new int[] {1, 2, 3, 1});
            assertEquals("Once upon a", written.prompt());
            assertEquals(
                    List.of(" time/1", "\uFFFD\uFFFD\uFFFD/1"),
                    written.pieces().stream()
                            .map(it -> it.text() + "/" + it.depth())
                            .toList());
        }
    }
}
