package org.tornadomor.model.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.function.IntFunction;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.ParameterSpecs;

/**
 * Writes a plain Llama as llama2.c's file of version 0: seven little-endian ints (hidden size, feed-forward size, layers,
 * heads, key and value heads, vocabulary, negated unless the head is the embedding, longest sequence), then float32 matrices
 * [out, in], those of one kind for all layers together: embedding; attention norms; wq; wk; wv; wo; feed-forward norms; w1
 * (gate); w2 (down); w3 (up); final norm; cosines and sines of the rotary angles, [positions, head size / 2] each; the head,
 * unless it is the embedding.
 *
 * <p>llama2.c turns pairs of neighbouring elements of a head by an angle, Hugging Face pairs of elements half a head apart; so
 * the rows of wq and wk change places within each head.
 */
public final class Llama2cExport implements AutoCloseable {
    /** Fixed in llama2.c. */
    public static final double ROPE_THETA = 10000;

    /** Fixed in llama2.c. */
    public static final double RMS_NORM_EPS = 1e-5;

    /** Elements that are held at once, unless a head has more. */
    private static final int CHUNK = 1 << 20;

    private static final int HEADER_INTS = 7;

    private final PlainLlama model;
    private final ModelConfig config;
    private final AsideFile file;
    private long position;
    private float[] values = new float[CHUNK];
    private float[] turned = {};
    private ByteBuffer bytes = buffer(CHUNK);

    private Llama2cExport(PlainLlama model, AsideFile file) {
        this.model = model;
        this.config = model.config();
        this.file = file;
    }

    private static ByteBuffer buffer(int floats) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(Float.BYTES, floats))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Writes the file, aside first and then moved into place.
     *
     * @throws UserError if llama2.c would compute something else, or the disk refuses
     */
    public static void write(PlainLlama model, Path file) {
        requireExpressible(model.config());
        try (Llama2cExport export = new Llama2cExport(model, AsideFile.create(file))) {
            export.writeAll();
            export.file.commit();
        }
    }

    private static void requireExpressible(ModelConfig config) {
        String more = config.architecture().described();
        if (!more.isEmpty()) {
            throw new UserError(
                    "llama2.c computes a plain Llama, and this model has " + more + "; export it with --format hf");
        }
        if (config.queryWidth() != config.hiddenSize()) {
            throw new UserError("llama2.c takes heads of hidden_size / num_attention_heads elements, and this model's"
                    + " have head_dim " + config.headDim() + "; export it with --format hf");
        }
        if (config.ropeTheta() != ROPE_THETA) {
            throw new UserError("llama2.c computes with rope_theta " + ROPE_THETA + ", and this model has "
                    + config.ropeTheta() + "; export it with --format hf");
        }
    }

    private void writeAll() {
        header();
        tensor(ParameterNames.EMBEDDING);
        layers(ParameterNames::inputNorm);
        for (int l = 0; l < config.numLayers(); l++) {
            interleaved(ParameterNames.query(l), config.numHeads());
        }
        for (int l = 0; l < config.numLayers(); l++) {
            interleaved(ParameterNames.key(l), config.numKvHeads());
        }
        layers(ParameterNames::value);
        layers(ParameterNames::attentionOutput);
        layers(ParameterNames::postAttentionNorm);
        layers(ParameterNames::gate);
        layers(ParameterNames::down);
        layers(ParameterNames::up);
        tensor(ParameterNames.FINAL_NORM);
        angles(true);
        angles(false);
        if (!config.tieEmbeddings()) {
            tensor(ParameterNames.HEAD);
        }
    }

    private void header() {
        ByteBuffer header = ByteBuffer.allocate(HEADER_INTS * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(config.hiddenSize())
                .putInt(config.intermediateSize())
                .putInt(config.numLayers())
                .putInt(config.numHeads())
                .putInt(config.numKvHeads())
                .putInt(config.tieEmbeddings() ? config.vocabSize() : -config.vocabSize())
                .putInt(config.maxPositions())
                .flip();
        file.write(header, 0);
        position = HEADER_INTS * Integer.BYTES;
    }

    private void layers(IntFunction<String> name) {
        for (int l = 0; l < config.numLayers(); l++) {
            tensor(name.apply(l));
        }
    }

    private void tensor(String name) {
        long elements = elements(name);
        for (long from = 0; from < elements; from += CHUNK) {
            int count = (int) Math.min(CHUNK, elements - from);
            model.read(name, from, values, count);
            put(values, count);
        }
    }

    private long elements(String name) {
        return ParameterSpecs.of(config).stream()
                .filter(spec -> spec.name().equals(name))
                .findFirst()
                .orElseThrow()
                .elements();
    }

    /** Row j of the first half of a head becomes its row 2 j, row j of the second half its row 2 j + 1. */
    private void interleaved(String name, int heads) {
        int half = config.headDim() / 2;
        int columns = config.hiddenSize();
        int size = Math.multiplyExact(config.headDim(), columns);
        if (turned.length < size) {
            turned = new float[size];
            values = values.length < size ? new float[size] : values;
            bytes = bytes.capacity() < Float.BYTES * size ? buffer(size) : bytes;
        }
        for (int head = 0; head < heads; head++) {
            model.read(name, (long) head * size, values, size);
            for (int j = 0; j < half; j++) {
                System.arraycopy(values, j * columns, turned, 2 * j * columns, columns);
                System.arraycopy(values, (half + j) * columns, turned, (2 * j + 1) * columns, columns);
            }
            put(turned, size);
        }
    }

    private void angles(boolean cosines) {
        int half = config.headDim() / 2;
        float[] row = new float[half];
        for (int p = 0; p < config.maxPositions(); p++) {
            for (int j = 0; j < half; j++) {
                double angle = p * Math.pow(ROPE_THETA, -2.0 * j / config.headDim());
                row[j] = (float) (cosines ? Math.cos(angle) : Math.sin(angle));
            }
            put(row, half);
        }
    }

    private void put(float[] source, int count) {
        FloatBuffer floats = bytes.clear().asFloatBuffer();
        floats.put(source, 0, count);
        bytes.limit(Float.BYTES * count);
        file.write(bytes, position);
        position += (long) Float.BYTES * count;
    }

    @Override
    public void close() {
        file.close();
    }
}
