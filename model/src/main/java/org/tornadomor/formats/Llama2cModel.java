package org.tornadomor.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.ForeignContent;
import org.tornadomor.files.InputFile;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.model.io.Llama2cExport;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file of llama2.c, versions 0 (no magic number; what {@link Llama2cExport} writes), 1 (float32) and 2 (8 bits in groups), with a
 * {@code tokenizer.bin}. The numbers at its beginning say exactly how large the file has to be.
 */
final class Llama2cModel {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** "ak42", the first bytes of versions 1 and 2. */
    private static final int MAGIC = 0x616b3432;

    private static final int HEADER_OF_0 = 7 * Integer.BYTES;
    private static final int HEADER = 256;
    private static final int MOST = 1 << 24;

    private Llama2cModel() {}

    /** Whether a file begins as versions 1 and 2 do. */
    static boolean isOne(byte[] head) {
        return head.length >= 4 && head[0] == '2' && head[1] == '4' && head[2] == 'k' && head[3] == 'a';
    }

    /**
     * The numbers at the beginning.
     *
     * @param group elements that share a scale in version 2, else 0
     */
    record Header(
            int version,
            int hidden,
            int ffn,
            int layers,
            int heads,
            int kvHeads,
            int vocabulary,
            int positions,
            boolean tied,
            int group) {
        int headSize() {
            return hidden / heads;
        }
    }

    /**
     * Opens a file.
     *
     * @param tokenizer null is the one beside the file, if there is one
     * @throws UserError naming the file and what is wrong with it
     */
    static CheckpointFolder open(Path path, Path tokenizer) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = InputFile.channel(path)) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            Header header = header(path, all);
            Llama2cTensors tensors =
                    new Llama2cTensors(path, arena, all, header, header.version == 0 ? HEADER_OF_0 : HEADER);
            Path vocabulary = tokenizer != null ? tokenizer : beside(path);
            Path folder = SmallFiles.folder(path, vocabulary, "", () -> smallFiles(header, vocabulary));
            ModelConfig config = ModelConfig.read(folder.resolve(CheckpointFolder.CONFIG_FILE));
            CheckpointFolder opened = CheckpointFolder.of(path, folder, config, tensors);
            arena = null;
            return opened;
        } catch (IOException e) {
            throw UserError.file("read", path, e);
        } finally {
            if (arena != null && arena.scope().isAlive()) {
                arena.close();
            }
        }
    }

    private static Path beside(Path path) {
        Path file = path.toAbsolutePath().resolveSibling(Llama2cTokenizer.FILE);
        return Files.isRegularFile(file) && !file.equals(path.toAbsolutePath()) ? file : null;
    }

    private static Header header(Path path, MemorySegment all) {
        if (all.byteSize() < HEADER_OF_0) {
            throw damaged(path, "it has " + all.byteSize() + " bytes, too few for a header");
        }
        boolean magic = all.get(I32, 0) == MAGIC;
        if (!magic) {
            int vocabulary = all.get(I32, 20);
            return checked(path, all, 0, 0, vocabulary > 0, 0);
        }
        if (all.byteSize() < HEADER) {
            throw damaged(path, "it has " + all.byteSize() + " bytes, too few for a header");
        }
        int version = all.get(I32, 4);
        if (version != 1 && version != 2) {
            throw new UserError(path + " is of version " + version
                    + " of llama2.c's files, and versions 0 to 2 are read; export the model anew");
        }
        boolean tied = all.get(ValueLayout.JAVA_BYTE, 36) != 0;
        return checked(path, all, version, 8, tied, version == 2 ? all.get(I32, 37) : 0);
    }

    private static Header checked(Path path, MemorySegment all, int version, int at, boolean tied, int group) {
        int[] numbers = new int[7];
        String[] names = {
            "hidden size", "feed-forward size", "layers", "heads", "key and value heads", "vocabulary", "positions"
        };
        for (int i = 0; i < numbers.length; i++) {
            int number = all.get(I32, at + 4L * i);
            numbers[i] = i == 5 && version == 0 && number != Integer.MIN_VALUE ? Math.abs(number) : number;
            if (numbers[i] < 1 || numbers[i] > MOST) {
                throw damaged(path, "the number of " + names[i] + " is " + number);
            }
        }
        if (numbers[0] % numbers[3] != 0 || numbers[0] / numbers[3] % 2 != 0) {
            throw damaged(path, numbers[3] + " heads do not divide a hidden size of " + numbers[0] + " into pairs");
        }
        if (version == 2 && (group < 1 || group > numbers[0] || numbers[0] % group != 0)) {
            throw damaged(path, "a scale for " + group + " elements does not fit rows of " + numbers[0]);
        }
        return new Header(
                version,
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                numbers[4],
                numbers[5],
                numbers[6],
                tied,
                group);
    }

    static UserError damaged(Path path, String what) {
        return new UserError(path + " is not a file of llama2.c: "
                + ForeignContent.of(path).orElse(what + "; check that it is the model, and copy or download it again"));
    }

    private static Map<String, byte[]> smallFiles(Header header, Path vocabulary) {
        JsonMapper mapper = JsonMapper.shared();
        ObjectNode config = mapper.createObjectNode();
        config.putArray("architectures").add("LlamaForCausalLM");
        config.put("model_type", "llama");
        config.put("vocab_size", header.vocabulary);
        config.put("hidden_size", header.hidden);
        config.put("intermediate_size", header.ffn);
        config.put("num_hidden_layers", header.layers);
        config.put("num_attention_heads", header.heads);
        config.put("num_key_value_heads", header.kvHeads);
        config.put("head_dim", header.headSize());
        config.put("hidden_act", "silu");
        config.put("rms_norm_eps", Llama2cExport.RMS_NORM_EPS);
        config.put("rope_theta", Llama2cExport.ROPE_THETA);
        config.put("max_position_embeddings", header.positions);
        config.put("tie_word_embeddings", header.tied);
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put(CheckpointFolder.CONFIG_FILE, mapper.writeValueAsBytes(config));
        if (vocabulary != null) {
            Llama2cTokenizer tokenizer = Llama2cTokenizer.read(vocabulary, header.vocabulary);
            files.putAll(tokenizer.files().contents());
            GenerationConfig generation = tokenizer.generation();
            files.put(GenerationConfig.FILE, generation.toJson().getBytes(StandardCharsets.UTF_8));
        }
        return files;
    }
}
