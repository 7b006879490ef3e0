package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;

class ConfigJsonTest {
    private static final String SMALLEST = """
            {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 8,
             "num_attention_heads": 4%s}""";

    private static ModelConfig parse(String more) {
        return ModelConfig.parse(SMALLEST.formatted(more.isEmpty() ? "" : ", " + more), "config.json");
    }

    private static ModelConfig parseMor(String keys) {
        return parse("\"mor\": {" + keys + "}");
    }

    private static String refusal(String more) {
        String message = assertThrows(UserError.class, () -> parse(more)).getMessage();
        assertTrue(message.startsWith("config.json: "), message);
        assertFalse(message.contains("\n"), message);
        return message;
    }

    @Test
    void defaultsOfHuggingFace() {
        ModelConfig config = parse("");
        assertEquals(new ModelConfig(64, 32, 48, 8, 4, 4, 8, 1e-6, 10000, 2048, false, 0.02, null), config);
        assertEquals(1, config.recursions());
        assertEquals(RouterKind.NONE, config.router());
    }

    @Test
    void defaultsOfMor() {
        MorConfig expert = parseMor("'num_recursions': 3, 'router': 'expert_choice'".replace('\'', '"'))
                .mor();
        assertEquals(MorConfig.expertChoice(3), expert);
        assertEquals(RouterActivation.SIGMOID, expert.routerActivation());
        assertEquals(0.1, expert.routerAlpha());
        assertNull(expert.capacity());
        MorConfig token =
                parseMor("\"num_recursions\": 2, \"router\": \"token_choice\"").mor();
        assertEquals(RouterActivation.SOFTMAX, token.routerActivation());
        assertEquals(1.0, token.routerAlpha());
        assertEquals(Balancing.LOSS, token.balancing());
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void roundTrip(@ForAll("configs") ModelConfig config) {
        assertEquals(config, ModelConfig.parse(config.toJson(), "x"));
    }

    @Provide
    Arbitrary<ModelConfig> configs() {
        return Configs.any();
    }

    @Test
    void presetsRoundTrip() {
        for (String name : Presets.names()) {
            assertEquals(Presets.get(name), ModelConfig.parse(Presets.get(name).toJson(), name));
        }
    }

    @Test
    void nullsAndOtherKeysAreIgnored() {
        ModelConfig config = parse("""
                "rope_scaling": null, "sliding_window": null, "quantization_config": null, "head_dim": null, "mor": null,
                "hidden_act": "silu", "attention_bias": false, "mlp_bias": false, "torch_dtype": "bfloat16",
                "bos_token_id": 1, "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0}""");
        assertEquals(500000, config.ropeTheta());
        assertEquals(8, config.headDim());
        assertNull(config.mor());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "rope_scaling": {"type": "longrope", "factor": 2}            | rope_scaling
            "rope_parameters": {"rope_type": "llama3"}                 | llama3
            "attention_bias": 1                                        | attention_bias is 1
            "qk_norm": true                                            | qk_norm true
            "hidden_act": "gelu"                                       | hidden_act 'gelu'
            "sliding_window": 4096                                     | sliding_window
            "quantization_config": {"bits": 4}                         | quantization_config
            "model_type": "gemma2"                                     | model_type 'gemma2'
            "num_key_value_heads": 3                                   | num_key_value_heads 3 does not divide
            "num_key_value_heads": 0                                   | num_key_value_heads is 0
            "head_dim": 7                                              | head_dim is 7
            "rms_norm_eps": 0                                          | rms_norm_eps is 0
            "rms_norm_eps": "small"                                    | it must be a number
            "max_position_embeddings": 1.5                             | it must be an integer
            "max_position_embeddings": 3000000000                      | it must be an integer of 32 bits, at most 2147483647
            "model_type": "mistral"                                    | num_key_value_heads is missing, which means 8 for
            "tie_word_embeddings": 1                                   | it must be true or false
            "hidden_act": 3                                            | it must be a string
            "head_dim": 1000000000                                     | at most 2^31 - 1
            "num_hidden_layers": 2000000000 | comes twice
            "mor": 3                                                   | it must be an object
            """)
    void refusesLlamaKeys(String json, String expected) {
        assertTrue(refusal(json).contains(expected), () -> refusal(json));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "num_recursions": 3                                                 | mor.router is missing
            "router": "none"                                                    | mor.num_recursions is missing
            "num_recursions": 0, "router": "none"                               | mor.num_recursions is 0
            "num_recursions": 4, "router": "none"                               | the next that does is 10
            "num_recursions": 3, "router": "none", "sharing": "cycle"           | the next that does is 9
            "num_recursions": 3, "router": "both"                               | none, expert_choice, token_choice
            "num_recursions": 3, "router": "none", "sharing": "CYCLE"           | middle_cycle, middle_sequence
            "num_recursions": 3, "router": "none", "shairng": "cycle"           | mor.shairng is not a known key
            "num_recursions": 2, "router": "expert_choice", "sharing": "sequence"     | use cycle or middle_cycle
            "num_recursions": 3, "router": "token_choice", "sharing": "middle_sequence" | use cycle or middle_cycle
            "num_recursions": 3, "router": "token_choice", "kv": "hybrid"       | mor.kv hybrid needs
            "num_recursions": 2, "router": "expert_choice", "kv": "hybrid", "sharing": "cycle" | mor.kv hybrid needs
            "num_recursions": 3, "router": "expert_choice", "router_activation": "softmax" | use sigmoid or tanh
            "num_recursions": 3, "router": "token_choice", "router_activation": "tanh" | use softmax or sigmoid
            "num_recursions": 3, "router": "expert_choice", "capacity": [1, 0.3, 0.6] | mor.capacity increases
            "num_recursions": 3, "router": "expert_choice", "capacity": [0.9, 0.6, 0.3] | must be 1
            "num_recursions": 3, "router": "expert_choice", "capacity": [1, 0.5] | 2 entries for 3 recursions
            "num_recursions": 3, "router": "expert_choice", "capacity": [1, 0.5, 0] | is 0.0; shares lie above 0
            "num_recursions": 3, "router": "expert_choice", "capacity": [1, "a", 0] | it must be a number
            "num_recursions": 3, "router": "expert_choice", "capacity": 1       | it must be an array
            "num_recursions": 3, "router": "none", "capacity": [1, 0.5, 0.5]    | mor.capacity is for expert_choice only
            "num_recursions": 3, "router": "token_choice", "aux_router": true   | mor.aux_router is for expert_choice only
            "num_recursions": 3, "router": "expert_choice", "causal_router": "aux" | needs mor.aux_router true
            "num_recursions": 3, "router": "expert_choice", "aux_loss_coef": -1 | mor.aux_loss_coef is -1.0
            "num_recursions": 3, "router": "none", "router_alpha": 1e999        | mor.router_alpha
            """)
    void refusesMorKeys(String json, String expected) {
        String more = "\"mor\": {" + json + "}";
        assertTrue(refusal(more).contains(expected), () -> refusal(more));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "3", "{\"a\": 1, \"a\": 2}", "{} {}", "{\"vocab_size\": 1}"})
    void refusesBrokenFiles(String text) {
        assertTrue(assertThrows(UserError.class, () -> ModelConfig.parse(text, "config.json"))
                .getMessage()
                .startsWith("config.json: "));
    }

    @Test
    void refusesHeadsThatDoNotDivide() {
        String json = SMALLEST.formatted("").replace("\"num_attention_heads\": 4", "\"num_attention_heads\": 5");
        String message = assertThrows(UserError.class, () -> ModelConfig.parse(json, "x"))
                .getMessage();
        assertTrue(message.contains("num_attention_heads 5 does not divide hidden_size 32"), message);
    }

    @Test
    void refusesAbsurdDepths() {
        String json = SMALLEST.formatted("").replace("\"num_hidden_layers\": 8", "\"num_hidden_layers\": 2000000000");
        String message = assertThrows(UserError.class, () -> ModelConfig.parse(json, "x"))
                .getMessage();
        assertTrue(message.contains("at most 10000"), message);
    }

    @Test
    void capacityIsRead() {
        MorConfig mor = parseMor("\"num_recursions\": 3, \"router\": \"expert_choice\", \"capacity\": [1, 0.6, 0.29]")
                .mor();
        assertEquals(List.of(1.0, 0.6, 0.29), mor.capacity());
    }

    @Test
    void readsFiles(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("config.json");
        String missing =
                assertThrows(UserError.class, () -> ModelConfig.read(file)).getMessage();
        assertTrue(missing.contains(file + ": it does not exist"), missing);
        Files.writeString(file, Presets.get("tiny").toJson());
        assertEquals(Presets.get("tiny"), ModelConfig.read(file));
        Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
        String invalid =
                assertThrows(UserError.class, () -> ModelConfig.read(file)).getMessage();
        assertTrue(invalid.contains("not valid UTF-8"), invalid);
    }
}
