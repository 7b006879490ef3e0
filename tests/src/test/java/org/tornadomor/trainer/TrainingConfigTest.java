package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;
import org.tornadomor.data.BatchSampler;
import org.tornadomor.data.HoldOut;
import org.tornadomor.files.DType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Presets;
import org.tornadomor.model.RouterActivation;
import org.tornadomor.model.RouterKind;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

class TrainingConfigTest {
    private static TrainingConfig with(String... assignments) {
        return TinyRuns.with(TrainingConfig.DEFAULT, assignments);
    }

    private static ModelConfig model(TrainingConfig config) {
        return ModelChoice.resolve(config, new ByteTokenizer());
    }

    private static String refused(String... assignments) {
        return assertThrows(UserError.class, () -> with(assignments)).getMessage();
    }

    @Test
    void yamlGivesBackWhatWasWritten() {
        assertEquals(TrainingConfig.DEFAULT, TrainingConfig.parse("", "nothing"));
        TrainingConfig changed = with(
                "data.sources=[a.txt, 'b: c']",
                "data.filter=**/*.java",
                "data.hold_out=every 20",
                "model.mor.router=token_choice",
                "model.mor.capacity=[1, 0.5]",
                "model.head_dim=null",
                "order=sequential",
                "tokens=2M",
                "optimizer.eps=1e-9",
                "dtype=bf16",
                "warmup=100",
                "lr_decay=0.5");
        assertEquals(changed, TrainingConfig.parse(changed.toYaml(), "written"));
        assertEquals(2_000_000L, changed.tokens());
        assertEquals(List.of("a.txt", "b: c"), changed.data().sources());
        assertEquals(HoldOut.everyNth(20), changed.data().split());
        assertEquals(BatchSampler.Order.SEQUENTIAL, changed.order());
        assertEquals(DType.BF16, changed.dtype());
        assertEquals("100", changed.warmup());
        assertEquals("**/*.java", changed.data().filter());
        for (var kind : TinyRuns.kinds().values()) {
            TrainingConfig config = TinyRuns.with(TinyRuns.config(Path.of("text.txt")), kind);
            assertEquals(config, TrainingConfig.parse(config.toYaml(), "written"));
        }
    }

    @Test
    void jsonIsReadToo() {
        assertEquals(with("batch=3"), TrainingConfig.parse("{\"batch\": 3}", "json"));
    }

    @Test
    void aNewLengthTakesThePlaceOfAnother() {
        TrainingConfig config = with("steps=5", "minutes=2");
        assertNull(config.steps());
        assertEquals(2, config.minutes());
        UserError error = assertThrows(UserError.class, () -> TrainingConfig.parse("steps: 5\ntokens: 7", "run.yaml"));
        assertTrue(error.getMessage().startsWith("run.yaml: the length"), error.getMessage());
    }

    @Test
    void theModelIsThePresetWithChanges() {
        assertEquals(Presets.get("tiny"), model(TrainingConfig.DEFAULT));
        assertEquals(257, model(with("preset=135m-mor3")).vocabSize());
        ModelConfig changed = model(with("preset=small-mor2", "model.mor.router=token_choice"));
        assertEquals(RouterKind.TOKEN_CHOICE, changed.router());
        // What follows from the router follows the new one.
        assertEquals(RouterActivation.SOFTMAX, changed.mor().routerActivation());
        assertEquals(1, changed.mor().routerAlpha());
        assertEquals(512, changed.hiddenSize());
        assertEquals(
                64,
                model(with("model.hidden_size=128", "model.num_attention_heads=2"))
                        .headDim());
        assertNull(model(with("model.mor=null")).mor());
        assertEquals(300, model(with("model.vocab_size=300")).vocabSize());
        TrainingConfig resolved = with("model.mor=null").with("model.vocab_size", "300");
        ModelConfig once = model(resolved);
        TrainingConfig fedBack = TrainingConfig.parse(new TrainingConfigEdit(resolved, once).yaml(), "config.yaml");
        assertEquals(once, model(fedBack));
        assertEquals(model(with("preset=tiny-tok2")), model(fedBack.with("preset", "tiny-tok2")));
    }

    /** A configuration with its whole model, as a run folder has it. */
    private record TrainingConfigEdit(TrainingConfig config, ModelConfig model) {
        String yaml() {
            var tree = ConfigTree.tree(config);
            tree.set("model", ConfigTree.tree(ModelChoice.toMap(model)));
            tree.put("preset", "tiny");
            return tree.toString();
        }
    }

    @Test
    void theVocabularyFitsTheTokenizer() {
        try (Tokenizer tokenizer = Tokenizers.load("src/test/resources/tokenizer/byte-level")) {
            assertEquals(
                    tokenizer.vocabSize(),
                    ModelChoice.resolve(TrainingConfig.DEFAULT, tokenizer).vocabSize());
        }
        UserError error = assertThrows(UserError.class, () -> model(with("model.vocab_size=100")));
        assertTrue(error.getMessage().contains("257 ids"), error.getMessage());
    }

    @Test
    void unknownKeysAreRefusedWithTheNearest() {
        assertTrue(refused("optimizer.deacy=1").contains("the nearest are optimizer.decay"));
        assertTrue(refused("modl.x=1").contains("model"));
        assertTrue(refused("model.mor.ruter=x").contains("model.mor.router"));
        assertTrue(refused("model.rope_scaling=x").contains("model.rope_scaling"));
        UserError error = assertThrows(UserError.class, () -> TrainingConfig.parse("bach: 3", "run.yaml"));
        assertTrue(error.getMessage().startsWith("run.yaml: there is no key 'bach'; the nearest are batch"));
    }

    @Test
    void valuesThatMakeNoSenseAreRefused() {
        for (String bad : new String[] {
            "batch=0",
            "batch=2.5",
            "batch=x",
            "batch=null",
            "context=-1",
            "accumulate=0",
            "lr=0",
            "lr=fast",
            "steps=0",
            "minutes=-1",
            "order=random",
            "dtype=i32",
            "dtype=x",
            "warmup=long",
            "lr_decay=2",
            "min_lr_ratio=-1",
            "optimizer=3",
            "optimizer.beta1=1.5",
            "data.hold_out=half",
            "data.hold_out=every x",
            "data=jdk",
            "capacity_warmup=-1",
            "keep=-1",
            "threads=-2",
            "seed=one",
            "batch=99999999999",
            "model=5",
            "model.mor=5"
        }) {
            String message = refused(bad);
            assertEquals(1, message.lines().count(), message);
            String key = bad.substring(0, bad.indexOf('='));
            assertTrue(message.contains(key) || message.contains(key.replace("warmup", "warm-up")), message);
        }
        for (String yaml : new String[] {"- 1", "batch: [", "batch: 1\nbatch: 2", "just text"}) {
            String message = assertThrows(UserError.class, () -> TrainingConfig.parse(yaml, "run.yaml"))
                    .getMessage();
            assertTrue(message.startsWith("run.yaml: "), message);
        }
    }

    @Test
    void schedulesFollowTheKeys() {
        TrainingConfig config = with("steps=100", "warmup=10", "schedule=cosine", "min_lr_ratio=0.25");
        assertEquals(0.25, RunLength.of(config).schedule(config).at(1), 1e-12);
        TrainingConfig trapezoid = with("steps=100", "warmup=0", "lr_decay=0.5");
        assertEquals(0.5, RunLength.of(trapezoid).schedule(trapezoid).at(0.75), 1e-12);
        assertEquals(1000, RunLength.of(TrainingConfig.DEFAULT).steps());
        assertEquals(2, RunLength.of(with("tokens=2049")).steps());
        TrainingConfig timed = with("minutes=1", "warmup=10");
        assertThrows(UserError.class, () -> RunLength.of(timed).schedule(timed));
        assertEquals(0.5, RunLength.of(timed).progress(7, 30));
    }
}
