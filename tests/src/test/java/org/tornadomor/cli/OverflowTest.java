package org.tornadomor.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.files.DType;
import org.tornadomor.files.SafeTensorsWriter;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.io.CheckpointFolder;

/** Weights that are numbers in the file and infinite as what they become are refused with the name of the tensor. */
class OverflowTest {
    private static final String TENSOR = "model.layers.1.mlp.up_proj.weight";

    @TempDir
    Path temp;

    /** The plain golden model with one weight changed. */
    private Path with(float value) throws IOException {
        Path folder = Folders.golden("vanilla", temp.resolve("m" + value), "", "");
        Map<String, float[]> values = new HashMap<>();
        List<TensorInfo> infos;
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
            infos = checkpoint.specs().stream()
                    .map(spec -> TensorInfo.of(spec.name(), DType.F32, spec.shape()))
                    .toList();
            for (ParameterSpec spec : checkpoint.specs()) {
                float[] all = checkpoint.tensors().read(spec.name());
                if (spec.name().equals(TENSOR)) {
                    all[7] = value;
                }
                values.put(spec.name(), all);
            }
        }
        try (SafeTensorsWriter writer =
                SafeTensorsWriter.create(folder.resolve(TensorSource.MODEL_FILE), infos, Map.of())) {
            values.forEach((name, all) -> writer.write(name, all, 0));
            writer.commit();
        }
        return folder;
    }

    private static Outcome logits(Path model, Path out, String weights) {
        return Outcome.of(
                "logits",
                "--model",
                model,
                "--mode",
                "train",
                "--input",
                model.resolve("expected.safetensors"),
                "--out",
                out,
                "--threads",
                1,
                "--weights",
                weights);
    }

    @ParameterizedTest
    @CsvSource({
        "3.4e38,bfloat16",
        "-3.4e38,bfloat16",
        "3.4028235e38,int8",
        "-3.4028235e38,int8",
        "Infinity,float32",
        "NaN,float32",
        "NaN,int8"
    })
    void narrowWeightsHoldNothingInfinite(float value, String weights) throws IOException {
        logits(with(value), temp.resolve("l.st"), weights).failsWith(1, "tensor " + TENSOR + " holds");
    }

    @ParameterizedTest
    @CsvSource({"3.38e38,bfloat16", "70000,bfloat16", "3.4e37,int8"})
    void largeOnesThatFitAreTaken(float value, String weights) throws IOException {
        logits(with(value), temp.resolve("l.st"), weights).succeeds();
    }

    @ParameterizedTest
    @CsvSource({"70000,float16", "-65520,float16", "3.4e38,bfloat16"})
    void exportsHoldNothingInfinite(float value, String dtype) throws IOException {
        Outcome.of("export", with(value), "--format", "hf", "--dtype", dtype, "--out", temp.resolve("x"))
                .failsWith(1, "tensor " + TENSOR + " holds");
    }

    @Test
    void doublesBeyondFloatsAreRefused() throws IOException {
        Path folder = Folders.golden("vanilla", temp.resolve("wide"), "", "");
        Path file = folder.resolve(TensorSource.MODEL_FILE);
        StringBuilder header = new StringBuilder("{");
        ByteBuffer data = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
            for (ParameterSpec spec : checkpoint.specs()) {
                int begin = data.position();
                float[] all = checkpoint.tensors().read(spec.name());
                for (int i = 0; i < all.length; i++) {
                    data.putDouble(spec.name().equals(TENSOR) && i == 7 ? 1e39 : all[i]);
                }
                header.append(begin == 0 ? "" : ",")
                        .append("\"%s\": {\"dtype\": \"F64\", \"shape\": %s, \"data_offsets\": [%d, %d]}"
                                .formatted(spec.name(), Arrays.toString(spec.shape()), begin, data.position()));
            }
        }
        byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        data.flip();
        ByteBuffer all =
                ByteBuffer.allocate(Long.BYTES + json.length + data.limit()).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file, all.putLong(json.length).put(json).put(data).array());
        String expected = "tensor " + TENSOR + " holds a value that is infinite as float32";
        logits(folder, temp.resolve("l.st"), "float32").failsWith(1, file + ": " + expected, "at element 7");
        Outcome.of("export", folder, "--format", "hf", "--out", temp.resolve("x"))
                .failsWith(1, expected);
    }
}
