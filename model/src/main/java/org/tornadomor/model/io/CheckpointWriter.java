package org.tornadomor.model.io;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.DType;
import org.tornadomor.files.SafeTensorsWriter;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSink;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSpecs;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes {@code config.json} and the weights of a checkpoint folder, and {@code generation_config.json} where it is known:
 * one {@code model.safetensors}, or shards with an index where they exceed a size. Files that an earlier checkpoint in the
 * same folder left and that are no longer part of it are removed.
 *
 * <p>Each file is replaced in one step. A sharded model has several, so overwriting one sharded checkpoint by another
 * is not one step; write it into a new folder where a crash in between must not matter.
 */
public final class CheckpointWriter implements TensorSink {
    /** Largest file before weights are sharded, as Hugging Face has it. */
    public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** The transformers library loads no file without it. */
    private static final Map<String, String> METADATA = Map.of("format", "pt");

    private final Path folder;
    private final ModelConfig config;
    private final long totalBytes;
    private final Map<String, SafeTensorsWriter> files = new LinkedHashMap<>();
    private final Map<String, String> fileOf = new LinkedHashMap<>();
    /** Null if nobody says which tokens begin and end a text. */
    private GenerationConfig generation;

    private CheckpointWriter(Path folder, ModelConfig config, long totalBytes) {
        this.folder = folder;
        this.config = config;
        this.totalBytes = totalBytes;
    }

    /** Starts a checkpoint with the default shard size; see {@link #create(Path, ModelConfig, DType, long)}. */
    public static CheckpointWriter create(Path folder, ModelConfig config, DType dtype) {
        return create(folder, config, dtype, DEFAULT_SHARD_BYTES);
    }

    /**
     * Starts a checkpoint; {@link ParameterSpecs#of} says which tensors must be written before {@link #commit}.
     *
     * @param dtype F32, F16 or BF16 for all tensors
     * @param shardBytes the most tensor bytes in a file; a larger tensor has a file of its own
     * @throws UserError if the disk refuses
     */
    public static CheckpointWriter create(Path folder, ModelConfig config, DType dtype, long shardBytes) {
        List<TensorInfo> tensors = ParameterSpecs.of(config).stream()
                .map(spec -> TensorInfo.of(spec.name(), dtype, spec.shape()))
                .toList();
        long total = tensors.stream().mapToLong(TensorInfo::bytes).sum();
        List<List<TensorInfo>> shards = split(tensors, shardBytes);
        CheckpointWriter writer = new CheckpointWriter(folder, config, total);
        try {
            for (int i = 0; i < shards.size(); i++) {
                writer.start(fileName(i, shards.size()), shards.get(i));
            }
        } catch (UserError e) {
            writer.close();
            throw e;
        }
        return writer;
    }

    /**
     * Refuses a folder that holds something: one that mixes the files of two models would load as neither.
     *
     * @throws UserError if the path is no folder, or not empty
     */
    public static void requireEmpty(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new UserError(folder + " is a file; give a new folder");
        }
        try (Stream<Path> entries = Files.list(folder)) {
            if (entries.findAny().isPresent()) {
                throw new UserError(folder + " is not empty; give a new folder");
            }
        } catch (IOException e) {
            throw UserError.file("read", folder, e);
        }
    }

    /** Has {@link #commit} write which tokens begin and end a text, into {@code config.json} and a file of their own. */
    public void setGeneration(GenerationConfig value) {
        generation = value;
    }

    private static List<List<TensorInfo>> split(List<TensorInfo> tensors, long shardBytes) {
        List<List<TensorInfo>> shards = new ArrayList<>();
        long bytes = 0;
        for (TensorInfo info : tensors) {
            if (shards.isEmpty() || bytes + info.bytes() > shardBytes) {
                shards.add(new ArrayList<>());
                bytes = 0;
            }
            shards.getLast().add(info);
            bytes += info.bytes();
        }
        return shards;
    }

    private static String fileName(int shard, int shards) {
        return shards == 1
                ? TensorSource.MODEL_FILE
                : String.format("model-%05d-of-%05d.safetensors", shard + 1, shards);
    }

    private void start(String file, List<TensorInfo> tensors) {
        files.put(file, SafeTensorsWriter.create(folder.resolve(file), tensors, METADATA));
        tensors.forEach(info -> fileOf.put(info.name(), file));
    }

    private SafeTensorsWriter writer(String tensor) {
        String file = fileOf.get(tensor);
        if (file == null) {
            throw new IllegalArgumentException("the model has no tensor " + tensor);
        }
        return files.get(file);
    }

    @Override
    public void append(String name, float[] src, int srcOffset, int count) {
        writer(name).append(name, src, srcOffset, count);
    }

    @Override
    public void append(String name, int[] src, int srcOffset, int count) {
        writer(name).append(name, src, srcOffset, count);
    }

    @Override
    public void write(String name, float[] src, int srcOffset) {
        writer(name).write(name, src, srcOffset);
    }

    @Override
    public void write(String name, int[] src, int srcOffset) {
        writer(name).write(name, src, srcOffset);
    }

    @Override
    public void commit() {
        files.values().forEach(SafeTensorsWriter::checkComplete);
        files.values().forEach(SafeTensorsWriter::commit);
        if (files.size() > 1) {
            AsideFile.writeText(folder.resolve(TensorSource.INDEX_FILE), index());
        }
        if (generation == null) {
            AsideFile.writeText(folder.resolve(CheckpointFolder.CONFIG_FILE), config.toJson());
        } else {
            AsideFile.writeText(folder.resolve(GenerationConfig.FILE), generation.toJson());
            AsideFile.writeText(folder.resolve(CheckpointFolder.CONFIG_FILE), generation.addTo(config.toJson()));
        }
        removeStale();
    }

    private String index() {
        ObjectNode json = JSON.createObjectNode();
        json.putObject("metadata").put("total_size", totalBytes);
        ObjectNode map = json.putObject("weight_map");
        fileOf.forEach(map::put);
        return JSON.writeValueAsString(json) + "\n";
    }

    /**
     * Readers prefer the single file, so that one is removed once the shards are there, and shards are removed once it is
     * there.
     */
    private void removeStale() {
        Set<String> current = new HashSet<>(files.keySet());
        if (files.size() > 1) {
            current.add(TensorSource.INDEX_FILE);
        }
        try (DirectoryStream<Path> weights = Files.newDirectoryStream(folder, "model*.safetensors{,.index.json}")) {
            for (Path file : weights) {
                String name = file.getFileName().toString();
                if (isWeights(name) && !current.contains(name)) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw UserError.file("remove old weights in", folder, e);
        }
    }

    private static boolean isWeights(String name) {
        return name.equals(TensorSource.MODEL_FILE)
                || name.equals(TensorSource.INDEX_FILE)
                || name.matches("model-\\d{5}-of-\\d{5}\\.safetensors");
    }

    @Override
    public void close() {
        files.values().forEach(SafeTensorsWriter::close);
    }
}
