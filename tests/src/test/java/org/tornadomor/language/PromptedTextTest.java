package org.tornadomor.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.tokenizer.TinyTokenizers;
import org.tornadomor.tokenizer.Tokenizer;

/** What a model writes after a prompt, with tokenizers that decode a token by its neighbours. */
class PromptedTextTest {
    private static final GenerationOptions OPTIONS = GenerationOptions.DEFAULT.withMaxNewTokens(10);

    @TempDir
    Path folder;

    private static int[] together(Generation generation) {
        return IntStream.concat(IntStream.of(generation.promptTokens()), IntStream.of(generation.tokens()))
                .toArray();
    }

    /** What a listener heard: the prompt, then the text. */
    private static final class Heard implements TokenListener {
        private final List<String> prompts = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();

        @Override
        public void prompt(int prompt, String text) {
            assertEquals("", this.text.toString());
            prompts.add(text);
        }

        @Override
        public void token(int prompt, int id, int depth, String text) {
            assertTrue(text.isEmpty() || prompts.size() == 1, "text before that of the prompt");
            this.text.append(text);
        }
    }

    @Test
    void textsOfPromptAndModelAreTheDecodingOfAllIds() {
        for (String kind : List.of("llama-2", "byte-level", "word-piece", "word-ends", "expression", "none")) {
            try (Engine engine = new CpuEngine(1);
                    Tokenizer tokenizer = TinyTokenizers.open(
                            folder,
                            TinyTokenizers.withDecoder(TinyTokenizers.decoders().get(kind)));
                    ParameterSet weights = weights(engine, tokenizer.vocabSize());
                    LanguageModel model = LanguageModel.of(engine, weights, tokenizer)) {
                for (int seed = 0; seed < 12; seed++) {
                    // The last one is the first byte of a character.
                    int[] prompt = {3 + 256, 3 + 257 + seed % 20, seed % 3 == 0 ? 3 + 0xC3 : 3 + 0x41};
                    checkText(model, tokenizer, prompt, OPTIONS.withSeed(seed));
                }
            }
        }
    }

    private static void checkText(LanguageModel model, Tokenizer tokenizer, int[] prompt, GenerationOptions options) {
        Heard heard = new Heard();
        Generation free = model.generate(List.of(prompt), options, heard).getFirst();
        String whole = tokenizer.decode(together(free));
        assertEquals(free.text(), heard.text.toString());
        assertEquals(whole, heard.prompts.getFirst() + free.text());
        if (free.text().length() < 4) {
            return;
        }
        String stop = free.text().substring(1, 3);
        Generation stopped = model.generate(List.of(prompt), options.withStop(List.of(stop)), TokenListener.NONE)
                .getFirst();
        assertEquals(free.text().substring(0, free.text().indexOf(stop)), stopped.text());
    }

    @Test
    void promptsAreParsedAndScoredTextIsNot() {
        try (Engine engine = new CpuEngine(1);
                Tokenizer tokenizer = TinyTokenizers.open(folder, TinyTokenizers.unigram());
                ParameterSet weights = weights(engine, tokenizer.vocabSize());
                LanguageModel model = LanguageModel.of(engine, weights, tokenizer)) {
            assertEquals(1, model.encode("<s>")[0]);
            assertEquals(
                    tokenizer.encode("old <s>price</s>").length - 1,
                    model.score("old <s>price</s>", true).losses().length);
        }
    }

    private static ParameterSet weights(Engine engine, int vocabulary) {
        ModelConfig config =
                new ModelConfig(vocabulary, 16, 16, 8, 2, 1, 8, 1e-5, 10000, 64, true, 0.3, MorConfig.expertChoice(3));
        ParameterSet weights = new ParameterSet(engine, "weights", config);
        Checkpoints.initialise(engine, weights, 5);
        return weights;
    }
}
