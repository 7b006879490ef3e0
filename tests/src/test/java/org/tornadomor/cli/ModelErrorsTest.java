package org.tornadomor.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models that are not there, damaged or impossible: one line each, with cause and fix. */
class ModelErrorsTest {
    private static final String EXPERT = "expert-capacity";

    @TempDir
    Path folder;

    @Test
    void unknownPresetNamesTheNearest() {
        Outcome.of("params", "360m-mr3").failsWith(1, "360m-mr3", "360m-mor3");
    }

    @Test
    void missingFolder() {
        Outcome.of("info", folder.resolve("none")).failsWith(1, "none", "checkpoint");
        Outcome.of("params", folder.resolve("none")).failsWith(1, "none", "checkpoint");
    }

    @Test
    void fileInsteadOfFolder() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        Outcome.of("info", file).failsWith(1, "not a folder");
    }

    @Test
    void folderWithoutModel() {
        Outcome.of("info", folder).failsWith(1, "config.json", "check the path");
    }

    @Test
    void missingWeights() throws IOException {
        Path model = Folders.golden(EXPERT, folder.resolve("m"), "", "");
        Files.delete(model.resolve("model.safetensors"));
        Outcome.of("info", model).failsWith(1, "model.safetensors");
    }

    /** What a download or a copy leaves in the place of weights. */
    @ParameterizedTest
    @CsvSource({
        "version https://git-lfs.github.com/spec/v1, git lfs pull",
        "<!DOCTYPE html><html lang='en'>, it is a web page",
        "ZIP, it is a zip file",
        "short, truncated"
    })
    void otherContentInTheirPlace(String name, String message) throws IOException {
        String content = name.equals("ZIP") ? "PK\3\4" : name;
        Path model = Folders.golden(EXPERT, folder.resolve("m"), "", "");
        Path weights = model.resolve("model.safetensors");
        Files.writeString(weights, content + (content.equals("short") ? "" : " and more"));
        Outcome.of("info", model).failsWith(1, weights + ": ", message);
        Files.delete(weights);
        Files.writeString(model.resolve("pytorch_model.bin"), content);
        Path file = Files.writeString(folder.resolve("model.gguf"), content);
        Outcome.of("info", file).failsWith(1, file + ": ", content.equals("short") ? "not GGUF" : message);
        Outcome.of("info", model).failsWith(1, "pytorch_model.bin: ", content.length() < 6 ? "zip file" : message);
    }

    /** Links to what is not there, folders, and other names. */
    @Test
    void whatStandsInTheWayIsNamed() throws IOException {
        Path model = Folders.golden(EXPERT, folder.resolve("m"), "", "");
        Path weights = model.resolve("model.safetensors");
        Path other = Files.move(weights, model.resolve("weights.safetensors"));
        Outcome.of("info", model).failsWith(1, "one of its 2 .safetensors files is the model, rename it");
        Files.delete(model.resolve("expected.safetensors"));
        Outcome.of("info", model).failsWith(1, "weights.safetensors is the model, rename it");
        Files.move(other, model.resolve("model-00001-of-00002.safetensors"));
        Outcome.of("info", model).failsWith(1, "its shards are there, so copy the index");
        Files.createSymbolicLink(weights, Path.of("blobs/1f3a"));
        Outcome.of("info", model).failsWith(1, weights + ": it is a link to blobs/1f3a, where nothing is");
        Files.delete(weights);
        Files.createDirectory(weights);
        Outcome.of("info", model).failsWith(1, "tornado-mor: Cannot read " + weights + ": it is a folder; give a file");
        Files.delete(weights);
        Files.writeString(
                model.resolve("model.safetensors.index.json"),
                "{\"weight_map\": {\"model.norm.weight\": \"model-00002-of-00002.safetensors\"}}");
        Outcome.of("info", model).failsWith(1, "lists the shard model-00002-of-00002.safetensors, which is not there");
        Path config = model.resolve("config.json");
        Files.writeString(config, "\uFEFF" + Files.readString(config));
        Outcome.of("params", model).failsWith(1, "byte order mark");
        Files.delete(config);
        Files.createSymbolicLink(config, Path.of("nothing"));
        Outcome.of("info", model).failsWith(1, config + ": it is a link to nothing");
    }

    @Test
    void truncatedWeights() throws IOException {
        Path model = Folders.golden(EXPERT, folder.resolve("m"), "", "");
        try (RandomAccessFile file =
                new RandomAccessFile(model.resolve("model.safetensors").toFile(), "rw")) {
            file.setLength(file.length() - 100);
        }
        Outcome.of("info", model).failsWith(1, "model.safetensors");
    }

    @Test
    void wrongShapes() throws IOException {
        Path model =
                Folders.golden(EXPERT, folder.resolve("m"), "\"intermediate_size\": 48", "\"intermediate_size\": 40");
        Outcome.of("info", model).failsWith(1, "shape", "48", "40");
    }

    @Test
    void brokenConfiguration() throws IOException {
        Path model = Folders.golden(EXPERT, folder.resolve("m"), "\"vocab_size\": 64,", "\"vocab_size\": ");
        Outcome.of("params", model).failsWith(1, "config.json", "JSON");
    }

    @Test
    void capacitiesThatIncrease() throws IOException {
        Path model = Folders.golden(EXPERT, folder.resolve("m"), "0.29", "0.9");
        Outcome.of("params", model).failsWith(1, "capacity", "0.9");
    }

    @Test
    void headsThatDoNotDivide() throws IOException {
        Path model =
                Folders.golden(EXPERT, folder.resolve("m"), "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3");
        Outcome.of("params", model).failsWith(1, "num_key_value_heads 3", "divide");
    }

    @Test
    void layersThatDoNotDivideNameTheNextThatDo() throws IOException {
        Path model =
                Folders.golden(EXPERT, folder.resolve("m"), "\"num_hidden_layers\": 8", "\"num_hidden_layers\": 9");
        Outcome.of("params", model).failsWith(1, "num_hidden_layers 9", "11");
    }

    @Test
    void contextLongerThanTheModel() {
        Outcome.of("params", "tiny", "--context", 513).failsWith(1, "513", "512");
        Outcome.of("params", "tiny", "--context", 0).failsWith(1, "--context 0");
    }

    @Test
    void budgetThatBuysNothing() {
        Outcome.of("params", "tiny", "--budget", 0).failsWith(1, "--budget");
        Outcome.of("params", "tiny", "--batch-tokens", 5).failsWith(2, "--budget");
    }

    @Test
    void wrongCommandLinesAreOneLineToo() {
        Outcome.of().failsWith(2, "command", "--help");
        Outcome.of("parms").failsWith(2, "parms", "params");
        Outcome.of("params", "--contxt", 3).failsWith(2, "--contxt", "--context", "params --help");
        Outcome.of("params", "--context", "many").failsWith(2, "--context", "many");
        Outcome.of("info").failsWith(2, "MODEL");
    }
}
