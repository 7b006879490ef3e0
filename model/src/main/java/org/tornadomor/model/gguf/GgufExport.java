package org.tornadomor.model.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.io.ParameterSpec;
import org.tornadomor.model.io.ParameterSpecs;
import org.tornadomor.model.io.PlainLlama;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a plain model as GGUF, with its tokenizer. Matrices are of the type that was asked for, vectors F32. What llama.cpp has no
 * key for is refused.
 */
public final class GgufExport {
    /** Elements that are held at once, unless a row has more. */
    private static final int CHUNK = 1 << 20;

    /** Keys of a {@code config.json} that are written, or that GGUF files do not have because nothing follows from them. */
    private static final Set<String> EXPRESSED = Set.of(
            "architectures",
            "model_type",
            "vocab_size",
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "hidden_act",
            "rms_norm_eps",
            "rope_theta",
            "max_position_embeddings",
            "tie_word_embeddings",
            "initializer_range",
            "attention_bias",
            "mlp_bias");

    private static final String ARCHITECTURE = "general.architecture";
    private static final int QUANTISATION_VERSION = 2;

    private final PlainLlama model;
    private final ModelConfig config;
    private final JsonNode json;
    private final GgufWriter out;
    private final String architecture;
    private final List<String> kept = new ArrayList<>();

    private GgufExport(PlainLlama model, GgufWriter out) {
        this.model = model;
        this.config = model.config();
        this.json = JsonMapper.shared().readTree(config.toJson());
        this.architecture = json.path("model_type").asString("");
        this.out = out;
    }

    /** The types that {@link #write} takes. */
    public static List<GgmlType> types() {
        return List.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16, GgmlType.Q8_0);
    }

    /**
     * Writes a file, aside first and then moved into place.
     *
     * @param name of the model, for people
     * @param tokenizer null writes a model of bare ids
     * @param type of matrices, one of {@link #types}
     * @return the matrices that are F16 instead, since their rows are no whole number of blocks
     * @throws UserError if GGUF has no way to say what the model or its tokenizer does, or the disk refuses
     */
    public static List<String> write(PlainLlama model, String name, GgufVocabulary tokenizer, Path file, GgmlType type) {
        try (GgufWriter out = new GgufWriter(file)) {
            GgufExport export = new GgufExport(model, out);
            export.requireExpressible();
            export.metadata(name, type);
            if (tokenizer == null) {
                out.string(GgufTokenizer.MODEL, "no_vocab");
            } else {
                tokenizer.write(out);
            }
            export.tensors(type);
            out.commit();
            return export.kept;
        }
    }

    private void requireExpressible() {
        if (!architecture.equals("llama")) {
            throw new UserError("a model of family " + architecture + " cannot be written as GGUF; export it with"
                    + " --format hf");
        }
        json.properties().forEach(entry -> {
            boolean nothing = entry.getValue().isNull()
                    || entry.getValue().isBoolean() && !entry.getValue().booleanValue();
            if (!nothing && !EXPRESSED.contains(entry.getKey())) {
                throw new UserError("GGUF has no key for " + entry.getKey() + " " + entry.getValue()
                        + "; export the model with --format hf");
            }
        });
    }

    private void metadata(String name, GgmlType type) {
        out.string(ARCHITECTURE, architecture);
        out.string("general.name", name);
        out.integer("general.file_type", fileType(type));
        if (!type.plain()) {
            out.integer("general.quantization_version", QUANTISATION_VERSION);
        }
        out.integer(key("context_length"), config.maxPositions());
        out.integer(key("embedding_length"), config.hiddenSize());
        out.integer(key("block_count"), config.numLayers());
        out.integer(key("feed_forward_length"), config.intermediateSize());
        out.integer(key("attention.head_count"), config.numHeads());
        out.integer(key("attention.head_count_kv"), config.numKvHeads());
        out.integer(key("attention.key_length"), config.headDim());
        out.integer(key("attention.value_length"), config.headDim());
        out.number(key("attention.layer_norm_rms_epsilon"), config.rmsNormEps());
        out.integer(key("rope.dimension_count"), config.headDim());
        out.number(key("rope.freq_base"), config.ropeTheta());
        out.integer(key("vocab_size"), config.vocabSize());
    }

    private String key(String name) {
        return architecture + "." + name;
    }

    /** The numbers that llama.cpp has for the kinds of files. */
    private static int fileType(GgmlType type) {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case Q8_0 -> 7;
            case BF16 -> 32;
            default -> throw new IllegalArgumentException(type + " is not written");
        };
    }

    private void tensors(GgmlType type) {
        List<ParameterSpec> specs = ParameterSpecs.of(config);
        for (ParameterSpec spec : specs) {
            int[] shape = spec.shape();
            long[] dimensions = new long[shape.length];
            for (int d = 0; d < shape.length; d++) {
                dimensions[d] = shape[d];
            }
            out.declare(GgufNames.gguf(spec.name()), type(spec, type), dimensions);
        }
        out.begin();
        for (ParameterSpec spec : specs) {
            values(spec);
        }
    }

    private GgmlType type(ParameterSpec spec, GgmlType wanted) {
        int[] shape = spec.shape();
        if (shape.length == 1) {
            return GgmlType.F32;
        }
        if (shape[1] % wanted.blockElements() != 0) {
            kept.add(spec.name());
            return GgmlType.F16;
        }
        return wanted;
    }

    private void values(ParameterSpec spec) {
        String name = GgufNames.gguf(spec.name());
        int[] shape = spec.shape();
        int columns = shape.length == 1 ? 1 : shape[1];
        // Rows of queries and keys go a head at a time, in llama.cpp's order.
        boolean turns = GgufNames.turned(name) != 0;
        int rowsAtOnce = turns ? config.headDim() : Math.max(1, CHUNK / columns);
        float[] values = new float[Math.multiplyExact(Math.min(rowsAtOnce, shape[0]), columns)];
        float[] turned = turns ? new float[values.length] : values;
        out.start(name);
        for (int row = 0; row < shape[0]; row += rowsAtOnce) {
            int rows = Math.min(rowsAtOnce, shape[0] - row);
            model.read(spec.name(), (long) row * columns, values, rows * columns);
            for (int r = 0; turns && r < rows; r++) {
                System.arraycopy(values, r * columns, turned, (int) HeadRows.source(r, config.headDim()) * columns, columns);
            }
            out.append(name, turned, rows * columns);
        }
        out.end(name);
    }
}
