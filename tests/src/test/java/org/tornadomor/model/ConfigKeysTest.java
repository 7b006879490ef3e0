package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;

/** What is not understood in a {@code config.json} is refused, unless it cannot matter or somebody says so. */
class ConfigKeysTest {
    private static final Path FAMILIES = Path.of("src/test/resources/families");

    private static final String LLAMA = """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 64, "hidden_size": 32,
             "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4%s}""";

    private static final String MISTRAL = """
            {"model_type": "mistral", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
             "num_hidden_layers": 3, "num_attention_heads": 8, "num_key_value_heads": 2%s}""";

    private static ModelConfig read(String text, List<String> notes, String... ignored) {
        UnknownKeys unknown = UnknownKeys.passingOver(Arrays.asList(ignored)).withNotes(notes::add);
        return ConfigJson.parse(text, "config.json", unknown, true);
    }

    private static ModelConfig llama(String more, String... ignored) {
        return read(LLAMA.formatted(", " + more), new ArrayList<>(), ignored);
    }

    private static String refusal(String text, String... ignored) {
        String message = assertThrows(UserError.class, () -> read(text, new ArrayList<>(), ignored))
                .getMessage();
        assertTrue(message.startsWith("config.json: "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private static String refused(String more, String... ignored) {
        return refusal(LLAMA.formatted(", " + more), ignored);
    }

    /** Models that are not computed here. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            'rope_scaling': {'type': 'longrope', 'short_factor': [1], 'long_factor': [2]} | rope_scaling.type 'longrope', rope_scaling.short_factor
            'rope_scaling': {'rope_type': 'mrope', 'type': 'mrope'}  | rope_scaling.rope_type 'mrope' is not supported
            'rope_scaling': {'type': 'linear', 'factor': 2, 'beta_fast': 32} | rope_scaling.beta_fast 32 is not supported
            'quantization_config': {'quant_method': 'awq'}           | quantization_config {
            'partial_rotary_factor': 0.5                             | partial_rotary_factor 0.5
            'attn_logit_softcapping': 50.0, 'sliding_window': 24     | attn_logit_softcapping 50.0, sliding_window 24 are not
            'attention_sinks': true                                  | attention_sinks true
            """)
    void refusesModelsOfOtherKinds(String json, String expected) {
        String message = refused(json.replace('\'', '"'));
        assertTrue(message.contains(expected), message);
        assertTrue(message.contains("--ignore-key "), message);
        assertTrue(message.length() < 600, message);
    }

    @Test
    void theUnscaledCousinLoads() throws IOException {
        String text = Files.readString(FAMILIES.resolve("llama-rope-linear/config.json"))
                .replace("\"factor\": 2.0,", "")
                .replace("linear", "default");
        ModelConfig config = read(text, new ArrayList<>());
        assertEquals(10000, config.ropeTheta());
        assertEquals(128, config.maxPositions());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'alibi': true",
                "'n_positions': 512",
                "'layer_norm_eps': 1e-5",
                "'num_experts': 8",
                "'num_experts': 0",
                "'embedding_multiplier': 12.0",
                "'logits_scaling': 8",
                "'qkv_bias': true",
                "'clip_qkv': 6.0",
                "'no_rope_layers': [1, 0]",
                "'attention_output_bias': true",
                "'layer_types': ['full_attention', 'sliding_attention']",
                "'use_sliding_window': true",
                "'sliding_window': 0",
                "'partial_rotary_factor': 0.5",
                "'hidden_activation': 'gelu_pytorch_tanh'",
                "'auto_map': {'AutoModelForCausalLM': 'modeling.Own'}",
                "'quantization': {'bits': 4}",
                "'compression_config': {'format': 'int4'}",
                "'Rope_scaling': {'factor': 2}",
                "'rope_scaling ': {'factor': 2}",
                "'rope_scaling': {'factor': 2.0}",
                "'rope_scaling': {'rope_type': 'default', 'type': 'dynamic'}",
                "'rope_parameters': {'rope_type': 'default', 'attention_factor': 0.5}",
                "'rope_parameters': {'full_attention': {'rope_type': 'default'}}",
                "'rope_parameters': {'rope_theta': 10000.0, 'partial_rotary_factor': 0.25}",
            })
    void whatMayMatterIsRefusedByName(String json) {
        String key = json.substring(1, json.indexOf('\'', 1));
        String message = refused(json.replace('\'', '"'));
        assertTrue(message.contains(key) && message.contains("not supported"), message);
        assertTrue(message.contains("--ignore-key " + key), message);
    }

    @Test
    void whatDescribesOrIsSwitchedOffChangesNothing() {
        List<String> notes = new ArrayList<>();
        ModelConfig plain = read(LLAMA.formatted(", \"max_position_embeddings\": 4096"), notes);
        ModelConfig described = read(LLAMA.formatted("""
                , "_name_or_path": "x", "attention_bias": false, "attention_dropout": 0.1, "bos_token_id": 1,
                "dtype": "bfloat16", "eos_token_id": [2, 3], "hidden_act": "swish", "id2label": {"0": "a"},
                "is_llama_config": true, "layer_types": ["full_attention", "full_attention"], "max_window_layers": 28,
                "max_position_embeddings": 4096, "mlp_bias": null, "pad_token_id": null, "partial_rotary_factor": 1.0, "pretraining_tp": 2,
                "quantization_config": null, "rope_interleaved": false, "rope_parameters": {"rope_type": "default"},
                "rope_scaling": {"type": "default", "factor": null}, "sliding_window": 4096, "temperature": 0.6,
                "tokenizer_class": "T", "torch_dtype": "float16", "transformers.js_config": {"dtype": "q4"},
                "transformers_version": "5.18.0", "use_cache": true, "use_sliding_window": false"""), notes);
        assertEquals(plain, described);
        assertEquals(List.of(), notes);
    }

    @Test
    void nothingUnderAnUnknownKeyIsToldInALine() {
        List<String> notes = new ArrayList<>();
        ModelConfig plain = read(LLAMA.formatted(""), new ArrayList<>());
        assertEquals(plain, read(LLAMA.formatted(", \"qk_norm\": false, \"experts\": [], \"x\": null"), notes));
        assertEquals(List.of("config.json: passed over qk_norm false, experts [], x null"), notes);
    }

    @Test
    void whatSomebodyKnowsToBeHarmlessIsPassedOver() {
        List<String> notes = new ArrayList<>();
        ModelConfig plain = read(LLAMA.formatted(""), notes);
        String more =
                ", \"rope_parameters\": {\"rope_theta\": 10000.0, \"factor\": 2.0}, \"a.b\": 3, \"logit_cap\": 30";
        String text = LLAMA.formatted(more);
        assertTrue(refusal(text, "logit_cap").contains("rope_parameters.factor"));
        assertTrue(refusal(text, "logit_cap", "rope_parameters.factor").contains("a.b 3 is not supported"));
        assertEquals(plain, read(text, notes, "logit_cap", "rope_parameters.factor", "a.b"));
        assertEquals(1, notes.size());
        assertTrue(notes.getFirst().contains("rope_parameters.factor 2.0 as asked"), notes.getFirst());
        assertEquals(plain, llama("\"model_type\": \"aquila\"".replace("model_type", "x"), "x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vocab_size",
                "mor",
                "mor.capacity",
                "rope_theta",
                "rope_parameters",
                "rope_parameters.rope_theta"
            })
    void whatAModelIsComputedFromCannotBePassedOver(String key) {
        String message = assertThrows(UserError.class, () -> UnknownKeys.passingOver(List.of(key)))
                .getMessage();
        assertTrue(message.contains("--ignore-key " + key), message);
    }

    @Test
    void thetaIsNotPassedOverWithWhatStandsBesideIt() {
        String message = refused("\"rope_scaling\": {\"rope_theta\": 5e5, \"factor\": 2}", "rope_scaling");
        assertTrue(message.contains("rope_scaling.rope_theta"), message);
        assertEquals(
                5e5,
                llama("\"rope_scaling\": {\"rope_theta\": 5e5, \"factor\": 2}", "rope_scaling.factor")
                        .ropeTheta());
    }

    @Test
    void basesThatDifferAreRefused() {
        assertEquals(
                5e5,
                llama("\"rope_theta\": 500000, \"rope_parameters\": {\"rope_theta\": 5e5}")
                        .ropeTheta());
        String message = refused("\"rope_theta\": 10000, \"rope_parameters\": {\"rope_theta\": 5e5}");
        assertTrue(message.contains("10000.0") && message.contains("500000.0"), message);
    }

    @Test
    void theFamilyMustBeNamed() {
        String gemma = """
                {"head_dim": 8, "hidden_activation": null, "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
                 "num_hidden_layers": 3, "num_attention_heads": 4, "rms_norm_eps": 1e-6%s}""";
        assertTrue(refusal(gemma.formatted(", \"architectures\": [\"GemmaForCausalLM\"]"))
                .contains("architectures 'GemmaForCausalLM'"));
        assertTrue(refusal(gemma.formatted("")).contains("model_type is missing"));
        assertTrue(refusal(gemma.formatted(", \"model_type\": \"gemma\"")).contains("model_type 'gemma'"));
        assertTrue(refusal(gemma.formatted(", \"model_type\": \"\"")).contains("model_type ''"));
    }

    @Test
    void mistralsOwnDefaults() {
        assertEquals(
                4096,
                read(MISTRAL.formatted(""), new ArrayList<>()).architecture().window());
        ModelConfig longer = read(MISTRAL.formatted(", \"max_position_embeddings\": 4097"), new ArrayList<>());
        assertEquals(4096, longer.architecture().window());
        // Mistral's code knows no such switch.
        String switched = ", \"sliding_window\": 24, \"use_sliding_window\": false, \"max_position_embeddings\": 64";
        assertEquals(
                24,
                read(MISTRAL.formatted(switched), new ArrayList<>())
                        .architecture()
                        .window());
        ModelConfig short_ = read(MISTRAL.formatted(", \"max_position_embeddings\": 4096"), new ArrayList<>());
        assertEquals(4096, short_.maxPositions());
        assertEquals(0, short_.architecture().window());
        ModelConfig off = read(MISTRAL.formatted(", \"sliding_window\": null"), new ArrayList<>());
        assertEquals(131_072, off.maxPositions());
        assertEquals(off, read(MISTRAL.formatted(""), new ArrayList<>(), "sliding_window"));
        String heads = MISTRAL.replace(", \"num_key_value_heads\": 2", "");
        assertEquals(
                8,
                read(heads.formatted(", \"sliding_window\": null"), new ArrayList<>())
                        .numKvHeads());
    }

    @Test
    void aRoutedModelDoesNotBecomeAPlainOne() {
        String message = refusal(LLAMA.replace("\"llama\"", "\"mor\"").formatted(""));
        assertTrue(message.contains("mor is missing"), message);
        assertTrue(refusal(LLAMA.replace("\"llama\"", "\"mor\"").formatted(", \"mor\": null"))
                .contains("mor is missing"));
    }

    @Test
    void linesAreBounded() {
        String message = refused("\"" + "k".repeat(30_000) + "\": [" + "1,".repeat(30_000) + "1]");
        assertTrue(message.length() <= 2000, message.length() + " letters");
        StringBuilder many = new StringBuilder("\"a\": 1");
        for (int i = 0; i < 1000; i++) {
            many.append(", \"a").append(i).append("\": 1");
        }
        String all = refused(many.toString());
        assertTrue(all.contains("and 997 more") && all.length() < 500, all);
        assertFalse(all.contains("a500"), all);
    }

    @Test
    void filesSayWhereTheyLie(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), LLAMA.formatted(", \"alibi\": true"));
        assertTrue(assertThrows(UserError.class, () -> ModelConfig.read(file))
                .getMessage()
                .startsWith(file + ": alibi true is not supported"));
    }
}
