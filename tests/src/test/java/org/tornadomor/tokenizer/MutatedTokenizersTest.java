package org.tornadomor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Damaged tokenizer files: what is read here refuses a file with one line or takes it, and what the library then makes of it ends
 * with one line too, whether it refuses, crashes or hangs.
 */
class MutatedTokenizersTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    Path folder;

    private final Random random = new Random(11);

    @Test
    void twoHundred() throws IOException {
        run(200);
    }

    @Test
    @Tag("slow")
    void manyThousand() throws IOException {
        run(20_000);
    }

    private void run(int count) throws IOException {
        List<ObjectNode> originals = new ArrayList<>(List.of(TinyTokenizers.unigram(), TinyTokenizers.wordPiece()));
        TinyTokenizers.decoders().values().forEach(decoder -> originals.add(TinyTokenizers.withDecoder(decoder)));
        originals.add(withRules());
        List<Path> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String json = mutated(originals.get(i % originals.size()));
            Path file = folder.resolve(i + ".json");
            Files.writeString(file, json);
            try {
                TokenizerJson description =
                        TokenizerJson.parse(file, json.getBytes(StandardCharsets.UTF_8), null, null);
                PlainTextJson.of(file, json.getBytes(StandardCharsets.UTF_8), java.util.Set.of("<s>"), "x");
                decode(description);
                taken.add(file);
            } catch (UserError e) {
                requireOneLine(e.getMessage(), file);
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(json, e);
            }
        }
        assertTrue(taken.size() > count / 10, "most are refused: nothing is left to try");
        tryAll(taken);
    }

    private static void decode(TokenizerJson description) {
        TextDecoder.Way way = description.decoder().open();
        for (int id = 0; id < Math.min(400, description.vocabSize()); id++) {
            String spelling = description.tokens().spelling(id);
            if (spelling != null) {
                way.accept(spelling);
            }
        }
        way.finish();
    }

    private static void requireOneLine(String message, Path file) {
        assertTrue(message.contains(file.toString()), message);
        assertFalse(message.contains("\n"), message);
        assertTrue(message.length() < 600, message);
    }

    private static void tryAll(List<Path> files) {
        int from = 0;
        int deaths = 0;
        while (from < files.size()) {
            TokenizerTrial.Outcome outcome = TokenizerTrial.run(files.subList(from, files.size()));
            assertTrue(outcome.answers().contains(TokenizerProbe.READY));
            for (String answer : outcome.answers()) {
                if (answer.startsWith(TokenizerProbe.REFUSED)) {
                    assertFalse(answer.contains("Exception") || answer.contains("StackOverflow"), answer);
                }
            }
            from += (int) outcome.finished();
            if (from < files.size()) {
                requireOneLine(outcome.fault(files.get(from)).orElseThrow(), files.get(from));
                from++;
                deaths++;
            }
        }
        assertTrue(deaths <= 3 + files.size() / 20, deaths + " of " + files.size() + " end the process");
    }

    private static ObjectNode withRules() {
        ObjectNode root = TinyTokenizers.unigram();
        root.set(
                "normalizer",
                JSON.readTree("{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFKC\"},{\"type\":\"Lowercase\"},"
                        + "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true},"
                        + "{\"type\":\"Prepend\",\"prepend\":\"_\"},"
                        + "{\"type\":\"Replace\",\"pattern\":{\"String\":\"_\"},\"content\":\" \"}]}"));
        root.set(
                "post_processor",
                JSON.readTree(
                        "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},"
                                + "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
                                + "{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\","
                                + "\"ids\":[1],\"tokens\":[\"<s>\"]}}}"));
        root.set(
                "truncation",
                JSON.readTree("{\"direction\":\"Right\",\"max_length\":8,\"strategy\":\"LongestFirst\",\"stride\":2}"));
        root.set(
                "padding",
                JSON.readTree(
                        "{\"strategy\":{\"Fixed\":8},\"direction\":\"Right\",\"pad_to_multiple_of\":null,\"pad_id\":0,"
                                + "\"pad_type_id\":0,\"pad_token\":\"<unk>\"}"));
        return root;
    }

    /** With one to three faults. */
    private String mutated(ObjectNode original) {
        ObjectNode root = original.deepCopy();
        for (int faults = 1 + random.nextInt(3); faults > 0; faults--) {
            mutate(root);
        }
        String json = root.toString().replace("\ud800", "\\ud800");
        return random.nextInt(20) == 0 ? json.replaceFirst("\\{", "{\"version\":\"1.0\",") : json;
    }

    private void mutate(ObjectNode root) {
        JsonNode node = root;
        while (true) {
            int size = node.size();
            if (size == 0) {
                return;
            }
            int which = random.nextInt(size);
            String key = node instanceof ObjectNode object
                    ? object.propertyNames().stream().skip(which).findFirst().orElseThrow()
                    : null;
            JsonNode child = key == null ? node.path(which) : node.path(key);
            if (!child.isContainer() || child.isEmpty() || random.nextInt(4) == 0) {
                damage(node, key, which, child);
                return;
            }
            node = child;
        }
    }

    private void damage(JsonNode parent, String key, int index, JsonNode value) {
        if (random.nextInt(6) == 0) {
            if (parent instanceof ObjectNode object) {
                object.remove(key);
            } else {
                ((ArrayNode) parent).remove(index);
            }
            return;
        }
        JsonNode damaged = damaged(value);
        if (parent instanceof ObjectNode object) {
            // Under another name too: a token of another spelling.
            object.set(random.nextInt(8) == 0 ? key + "\u0000" : key, damaged);
        } else if (random.nextInt(4) == 0) {
            ((ArrayNode) parent).add(value);
        } else {
            ((ArrayNode) parent).set(index, damaged);
        }
    }

    private JsonNode damaged(JsonNode value) {
        return switch (random.nextInt(12)) {
            case 0 -> JSON.nullNode();
            case 1 -> JSON.readTree("[]");
            case 2 -> JSON.readTree("{}");
            case 3 -> JSON.readTree("\"\"");
            case 4 -> JSON.readTree("\"a\\u0000b\"");
            case 5 -> JSON.readTree(random.nextBoolean() ? "-1" : "1e300");
            case 6 ->
                JSON.readTree(List.of("4294967301", "2147483647", "18446744073709551616", "16777215", "0", "7")
                        .get(random.nextInt(6)));
            case 7 -> JSON.readTree("[".repeat(200) + "]".repeat(200));
            case 8 -> JSON.readTree("{\"a\":".repeat(200) + "1" + "}".repeat(200));
            case 9 -> JSON.readTree(random.nextBoolean() ? "true" : "0.5");
            case 10 ->
                value.isNumber() && !value.asString().equals("0")
                        ? JSON.readTree(value.asString() + "0")
                        : JSON.readTree("\"\\ud800\"");
            default -> JSON.readTree("\"(a+)+$\"");
        };
    }
}
