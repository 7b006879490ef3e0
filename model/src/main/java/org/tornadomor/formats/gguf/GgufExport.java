package org.tornadomor.formats.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.formats.common.HeadRows;
import org.tornadomor.model.Architecture;
import org.tornadomor.model.Family;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.ParameterSpecs;
import org.tornadomor.model.RotaryScaling;
import org.tornadomor.model.io.PlainLlama;

/**
 * Writes a plain model as GGUF, with its tokenizer. Matrices are of the type that was asked for, vectors F32. What llama.cpp has no
 * key for is refused.
 */
public final class GgufExport {
    /** Elements that are held at once, unless a row has more. */
    private static final int CHUNK = 1 << 20;

    private static final String ARCHITECTURE = "general.architecture";
    private static final int QUANTISATION_VERSION = 2;

    private final PlainLlama model;
    private final ModelConfig config;
    private final GgufWriter out;
    private final String architecture;
    private final List<String> kept = new ArrayList<>();

    private GgufExport(PlainLlama model, GgufWriter out) {
        this.model = model;
        this.config = model.config();
        this.architecture = config.architecture().family() == Family.MISTRAL
                ? Family.LLAMA.modelType()
                : config.architecture().family().modelType();
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
     * @throws UserError if GGUF cannot express the model or its tokenizer, or the disk refuses
     */
    public static List<String> write(
            PlainLlama model, String name, GgufVocabulary tokenizer, Path file, GgmlType type) {
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

    /** Refuses what llama.cpp cannot compute: it knows just the families that are checked here, without further features. */
    private void requireExpressible() {
        Architecture has = config.architecture();
        boolean smollm = has.family() == Family.SMOLLM3;
        if (has.family() == Family.MOR) {
            throw refused(has.described());
        }
        if (has.window() > 0) {
            throw refused("a window of " + has.window() + " tokens, without which it computes these models");
        }
        if (has.family() != Family.LLAMA && (has.outputBias() || has.mlpBias())
                || has.qkvBias() && has.family() != Family.LLAMA && has.family() != Family.QWEN2) {
            throw refused("biases in a model of family " + has.family().title());
        }
        if (has.scaling() instanceof RotaryScaling.Dynamic) {
            throw refused("rotary scaling dynamic");
        }
        if (has.scaling() instanceof RotaryScaling.Yarn yarn && !yarn.truncate()) {
            throw refused("rotary scaling yarn without truncate");
        }
        for (int l = 0; l < config.numLayers(); l++) {
            boolean rotary = !smollm || (l + 1) % GgufConfig.SMOLLM3_INTERVAL != 0;
            if (has.kind(l).rotary() != rotary) {
                throw refused("a layer " + l + (rotary ? " without" : " with") + " rotary positions");
            }
        }
    }

    private static UserError refused(String what) {
        return new UserError("llama.cpp has no way to say " + what + "; export the model with --format hf");
    }

    private void scaling() {
        switch (config.architecture().scaling()) {
            case RotaryScaling.Linear linear -> scaling("linear", linear.factor());
            case RotaryScaling.Yarn yarn -> {
                scaling("yarn", yarn.factor());
                out.integer(key("rope.scaling.original_context_length"), yarn.originalPositions());
                out.number(key("rope.scaling.yarn_beta_fast"), yarn.betaFast());
                out.number(key("rope.scaling.yarn_beta_slow"), yarn.betaSlow());
                out.number(
                        key("rope.scaling.attn_factor"),
                        yarn.attentionFactor() / RotaryScalings.attention(yarn.factor()));
            }
            default -> {}
        }
    }

    private void scaling(String type, double factor) {
        out.string(key("rope.scaling.type"), type);
        out.number(key("rope.scaling.factor"), factor);
    }

    /** In GGUF, Llama 3's scaling is a tensor: what each rotary frequency is divided by. Empty for other models. */
    private float[] rotaryFactors() {
        if (!(config.architecture().scaling() instanceof RotaryScaling.Llama3 scaling)) {
            return new float[0];
        }
        double[] factors = RotaryScalings.factors(scaling, config.ropeTheta(), config.headDim(), config.maxPositions());
        float[] values = new float[factors.length];
        for (int j = 0; j < values.length; j++) {
            values[j] = (float) factors[j];
        }
        return values;
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
        scaling();
    }

    private String key(String name) {
        return architecture + "." + name;
    }

    /** llama.cpp's number for a file whose matrices are of a type. */
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
        float[] factors = rotaryFactors();
        if (factors.length > 0) {
            out.declare(GgufNames.ROTARY_FACTORS, GgmlType.F32, factors.length);
        }
        out.begin();
        for (ParameterSpec spec : specs) {
            values(spec);
        }
        if (factors.length > 0) {
            out.start(GgufNames.ROTARY_FACTORS);
            out.append(GgufNames.ROTARY_FACTORS, factors, factors.length);
            out.end(GgufNames.ROTARY_FACTORS);
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
        boolean turns = GgufNames.turned(name) != 0 && GgufConfig.turned(architecture);
        int rowsAtOnce = turns ? config.headDim() : Math.max(1, CHUNK / columns);
        float[] values = new float[Math.multiplyExact(Math.min(rowsAtOnce, shape[0]), columns)];
        float[] turned = turns ? new float[values.length] : values;
        out.start(name);
        for (int row = 0; row < shape[0]; row += rowsAtOnce) {
            int rows = Math.min(rowsAtOnce, shape[0] - row);
            model.read(spec.name(), (long) row * columns, values, rows * columns);
            for (int r = 0; turns && r < rows; r++) {
                System.arraycopy(
                        values, r * columns, turned, (int) HeadRows.source(r, config.headDim()) * columns, columns);
            }
            out.append(name, turned, rows * columns);
        }
        out.end(name);
    }
}
