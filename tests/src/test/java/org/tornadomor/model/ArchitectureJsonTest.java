package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;

/** What a file says about biases, norms, windows and positions, and that writing keeps it. */
class ArchitectureJsonTest {
    private static final Path FAMILIES = Path.of("src/test/resources/families");
    private static final AttentionKind NO_POSITIONS = new AttentionKind(0, false);

    private static ModelConfig config(String type, int layers, String more) {
        String text = """
                {"model_type": "%s", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": %d,
                 "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64%s}""".formatted(type, layers, more.isEmpty() ? "" : ", " + more.replace('\'', '"'));
        return ConfigJson.parse(text, "config.json", UnknownKeys.REFUSED, true);
    }

    private static Architecture read(String type, int layers, String more) {
        return config(type, layers, more).architecture();
    }

    private static String refusal(String type, int layers, String more) {
        return assertThrows(UserError.class, () -> config(type, layers, more)).getMessage();
    }

    static Stream<Path> cases() throws Exception {
        return Files.list(FAMILIES).map(folder -> folder.resolve("config.json")).filter(Files::exists);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void writingKeepsEverything(Path file) {
        ModelConfig config = ModelConfig.read(file);
        assertEquals(config, ConfigJson.parse(config.toJson(), "again", UnknownKeys.REFUSED, true));
        if (config.mor() != null) {
            return;
        }
        ModelConfig recursive = config.withNumLayers(2)
                .withArchitecture(config.architecture().withLayers(List.of()))
                .withMor(MorConfig.recursive(2).toBuilder()
                        .sharing(Sharing.CYCLE)
                        .build());
        assertEquals(recursive, ConfigJson.parse(recursive.toJson(), "recursive", UnknownKeys.REFUSED, true));
    }

    @Test
    void recursiveModelsHaveAKeyForEach() {
        AttentionKind window = new AttentionKind(9, true);
        Architecture odd = Architecture.LLAMA
                .withBiases(true, false, true)
                .withHeadNorms(true)
                .withScaling(new RotaryScaling.Yarn(4, 16))
                .withLayers(List.of(window, NO_POSITIONS, window, NO_POSITIONS));
        ModelConfig config = config("llama", 4, "")
                .withArchitecture(odd)
                .withMor(MorConfig.recursive(2).toBuilder()
                        .sharing(Sharing.CYCLE)
                        .build());
        assertEquals(Family.MOR, config.architecture().family());
        assertEquals(config, ConfigJson.parse(config.toJson(), "mor", UnknownKeys.REFUSED, true));
        ModelConfig plain = config.withMor(null);
        String message = assertThrows(UserError.class, plain::toJson).getMessage();
        assertTrue(message.contains("norms on the heads") && message.contains("feed-forward"), message);
    }

    @Test
    void layersThatShareWeightsAttendAlike() {
        ModelConfig plain = config("smollm3", 4, "");
        String message = assertThrows(
                        UserError.class,
                        () -> plain.withMor(MorConfig.recursive(2).toBuilder()
                                .sharing(Sharing.CYCLE)
                                .build()))
                .getMessage();
        assertTrue(message.contains("layers 1 and 3") && message.contains("no_rope_layers"), message);
    }

    /** Unrolled models go to the class that computes them. */
    @Test
    void familiesAreFoundByWhatTheyCompute() {
        Architecture llama = Architecture.LLAMA;
        assertEquals(Family.LLAMA, Family.of(llama.withBiases(true, true, true), null));
        assertEquals(Family.QWEN2, Family.of(llama.withBiases(true, false, false), null));
        assertEquals(Family.QWEN3, Family.of(llama.withHeadNorms(true), null));
        AttentionKind window = new AttentionKind(8, true);
        assertEquals(Family.MISTRAL, Family.of(llama.withLayers(List.of(window, window)), null));
        assertEquals(Family.SMOLLM3, Family.of(llama.withLayers(List.of(AttentionKind.FULL, window)), null));
        assertEquals(Family.SMOLLM3, Family.of(llama.withLayers(List.of(AttentionKind.FULL, NO_POSITIONS)), null));
        assertEquals(Family.MOR, Family.of(llama.withHeadNorms(true).withBiases(false, false, true), null));
    }

    /** Loops are written under the authors' keys if nothing else recurs, else under keys of our own. */
    @Test
    void loopsAreWrittenAsTheyAreRead() {
        String more =
                "'total_ut_steps': 3, 'early_exit_threshold': 0.4, 'use_sliding_window': true, 'sliding_window': 9,"
                        + " 'max_window_layers': 1";
        ModelConfig config = config("ouro", 2, more);
        assertEquals(6, config.numLayers());
        assertEquals(3, config.recursions());
        assertEquals(0.4, config.mor().exitThreshold());
        assertEquals(RouterKind.EXIT_GATE, config.router());
        assertEquals(
                List.of(0, 9, 0, 9, 0, 9),
                config.architecture().layers().stream()
                        .map(AttentionKind::window)
                        .toList());
        assertTrue(config.toJson().contains("\"total_ut_steps\" : 3"), config.toJson());
        assertEquals(config, ConfigJson.parse(config.toJson(), "again", UnknownKeys.REFUSED, true));
        ModelConfig other = config.withArchitecture(config.architecture().withBiases(true, true, false));
        assertEquals(Family.MOR, other.architecture().family());
        assertEquals(other, ConfigJson.parse(other.toJson(), "again", UnknownKeys.REFUSED, true));
        assertEquals(4, config("ouro", 2, "").recursions());
        assertEquals(1, config("ouro", 2, "").mor().exitThreshold());
    }

    @Test
    void loopsThatAreNoneAreRefused() {
        assertTrue(refusal("ouro", 2, "'total_ut_steps': 0").contains("total_ut_steps is 0"));
        assertTrue(refusal("ouro", 2, "'early_exit_threshold': 1.5").contains("early_exit_threshold is 1.5"));
        assertTrue(refusal("ouro", 2, "'early_exit_threshold': 0").contains("above 0 and at most 1"));
        assertTrue(refusal("ouro", 2, "'early_exit_step': 2").contains("early_exit_step 2"));
        assertTrue(refusal("ouro", 2, "'loop_gates': 2").contains("loop_gates 2"));
        assertTrue(refusal("ouro", 2, "'mor': {'num_recursions': 2, 'router': 'none'}")
                .contains("total_ut_steps"));
        assertTrue(refusal("llama", 2, "'total_ut_steps': 2").contains("total_ut_steps 2"));
        String own = "'auto_map': {'AutoConfig': 'configuration_ouro.OuroConfig', 'AutoModel': '%s'}";
        assertEquals(
                4, config("ouro", 2, own.formatted("modeling_ouro.OuroModel")).recursions());
        assertEquals(
                4,
                config("ouro", 2, own.formatted("ByteDance/Ouro-1.4B--modeling_ouro.OuroModel"))
                        .recursions());
        assertTrue(refusal("ouro", 2, own.formatted("modeling_other.OuroModel")).contains("auto_map"));
        assertTrue(refusal("llama", 2, own.formatted("modeling_ouro.OuroModel")).contains("auto_map"));
        String mor = "'mor': {'num_recursions': 2, 'router': '%s', 'sharing': '%s'%s}";
        assertTrue(refusal("mor", 2, mor.formatted("exit_gate", "cycle", "")).contains("loop_norm"));
        assertTrue(refusal("mor", 2, "'loop_norm': true, " + mor.formatted("exit_gate", "middle_cycle", ""))
                .contains("use cycle"));
        assertTrue(refusal("mor", 2, "'loop_norm': true, " + mor.formatted("token_choice", "cycle", ""))
                .contains("loop_norm needs"));
        assertTrue(
                refusal("mor", 2, "'loop_norm': true, " + mor.formatted("exit_gate", "cycle", ", 'router_arch': 'mlp'"))
                        .contains("use linear"));
        assertTrue(
                refusal("mor", 2, "'sandwich_norms': true, " + mor.formatted("none", "cycle", ", 'lora': {'rank': 2}"))
                        .contains("sandwich_norms"));
    }

    @Test
    void windowsByLayer() {
        String on = "'use_sliding_window': true, 'sliding_window': 10";
        assertEquals(List.of(), read("qwen2", 3, "'sliding_window': 10").layers());
        assertEquals(List.of(), read("qwen2", 3, on).layers());
        List<AttentionKind> late =
                read("qwen2", 3, on + ", 'max_window_layers': 2").layers();
        assertEquals(List.of(AttentionKind.FULL, AttentionKind.FULL, new AttentionKind(10, true)), late);
        String named = ", 'layer_types': ['sliding_attention', 'full_attention', 'full_attention']";
        assertEquals(new AttentionKind(10, true), read("qwen3", 3, on + named).kind(0));
        List<AttentionKind> smol = read("smollm3", 4, on).layers();
        assertEquals(new AttentionKind(10, false), smol.get(3));
        assertEquals(AttentionKind.FULL, smol.get(0));
        assertEquals(List.of(), read("mistral", 2, "'sliding_window': 64").layers());
        assertTrue(refusal("qwen2", 2, on + named).contains("layer_types names 3 layers"));
        assertTrue(refusal("qwen2", 3, "'sliding_window': 10, 'use_sliding_window': false" + named)
                .contains("use_sliding_window says that there is no window"));
        assertTrue(refusal("qwen2", 3, "'layer_types': ['linear_attention', 'a', 'b']")
                .contains("'linear_attention'"));
        assertTrue(refusal("mistral", 2, "'sliding_window': 0").contains("sliding_window is 0"));
    }

    @Test
    void positionsByLayer() {
        assertEquals(
                List.of(AttentionKind.FULL, AttentionKind.FULL, AttentionKind.FULL, NO_POSITIONS),
                read("smollm3", 4, "").layers());
        assertEquals(
                NO_POSITIONS, read("smollm3", 4, "'no_rope_layer_interval': 2").kind(1));
        assertEquals(
                List.of(), read("smollm3", 4, "'no_rope_layers': [1, 1, 1, 1]").layers());
        assertTrue(refusal("smollm3", 4, "'no_rope_layers': [1, 0]").contains("each of the 4 layers"));
        assertTrue(refusal("smollm3", 2, "'no_rope_layers': [1, 2]").contains("no_rope_layers"));
        assertTrue(refusal("smollm3", 2, "'no_rope_layer_interval': 0").contains("no_rope_layer_interval is 0"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            'rope_scaling': {'type': 'linear'}                                | rope_scaling.factor is missing
            'rope_parameters': {'rope_type': 'yarn'}                          | rope_parameters.factor is missing
            'rope_scaling': {'rope_type': 'llama3', 'factor': 8}              | rope_scaling.low_freq_factor is missing
            'rope_scaling': {'type': 'linear', 'factor': 0}                   | rope_scaling.factor is 0.0
            'rope_scaling': {'type': 'linear', 'factor': 'x'}                 | rope_scaling.factor is "x"
            'rope_scaling': {'type': 'linear', 'factor': 2}, 'rope_parameters': {'rope_type': 'linear', 'factor': 3} | ask for different
            """)
    void scalingIsReadInFull(String json, String expected) {
        String message = refusal("llama", 2, json);
        assertTrue(message.contains(expected), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rope_scaling", "rope_parameters"})
    void bothSpellings(String key) {
        String yarn = "'" + key + "': {'%s': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 32}";
        RotaryScaling expected = new RotaryScaling.Yarn(4, 32);
        assertEquals(expected, read("qwen2", 2, yarn.formatted("rope_type")).scaling());
        assertEquals(expected, read("qwen2", 2, yarn.formatted("type")).scaling());
        assertEquals(
                new RotaryScaling.Yarn(2, 32),
                read("llama", 2, yarn.formatted("type").replace("4.0", "null")).scaling());
    }

    @Test
    void longerSequencesWhereScalingReachesFurther() {
        assertEquals(64, config("llama", 2, "").longestSequence());
        assertEquals(
                128,
                config("llama", 2, "'rope_scaling': {'type': 'dynamic', 'factor': 2}")
                        .longestSequence());
        String yarn = "'rope_scaling': {'type': 'yarn', 'factor': 4, 'original_max_position_embeddings': %d}";
        assertEquals(256, config("llama", 2, yarn.formatted(64)).longestSequence());
        assertEquals(64, config("llama", 2, yarn.formatted(16)).longestSequence());
    }

    @Test
    void familiesMustAgree() {
        List<String> notes = new ArrayList<>();
        String text = config("llama", 2, "").toJson().replace("LlamaFor", "Qwen2For");
        UnknownKeys unknown = UnknownKeys.REFUSED.withNotes(notes::add);
        String message = assertThrows(UserError.class, () -> ConfigJson.parse(text, "x", unknown, true))
                .getMessage();
        assertTrue(message.contains("'Qwen2ForCausalLM' is not of model_type llama"), message);
    }
}
