package org.tornadomor.bench;

import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** Causal attention of whole sequences on an engine, as in the forward pass of training. */
final class DeviceAttention implements AutoCloseable {
    private final Arena floats;
    private final Arena indices;
    private final Binding binding;

    DeviceAttention(Engine engine, int sequences, int heads, int kvHeads, int tokens, int columns) {
        int count = sequences * tokens;
        Ops ops = new Ops("attention " + tokens);
        Extent rows = Extent.of("rows", count);
        Slot out = ops.f32("out", rows, heads * columns);
        Slot lse = ops.f32("lse", rows, heads);
        Slot q = ops.f32("q", rows, heads * columns);
        Slot k = ops.f32("k", rows, kvHeads * columns);
        Slot v = ops.f32("v", rows, kvHeads * columns);
        Slot start = ops.i32("start", Extent.fixed(sequences + 1));
        Slot keyStart = ops.i32("keyStart", Extent.fixed(sequences));
        Slot visible = ops.i32("visible", rows);
        ops.add(new AttentionOp.Attention(
                out,
                lse,
                q,
                k,
                v,
                new AttentionOp.Rows(start, keyStart, visible),
                new AttentionOp.Heads(heads, kvHeads, columns, (float) (1 / Math.sqrt(columns)))));
        floats = engine.arena("attention floats", ElementType.F32);
        indices = engine.arena("attention rows", ElementType.I32);
        Tensor outTensor = floats.allocate("out", count, heads * columns);
        Tensor lseTensor = floats.allocate("lse", count, heads);
        Tensor qTensor = random(engine, "q", count, heads * columns);
        Tensor kTensor = random(engine, "k", count, kvHeads * columns);
        Tensor vTensor = random(engine, "v", count, kvHeads * columns);
        Tensor startTensor = indices.allocate("start", sequences + 1);
        Tensor keyTensor = indices.allocate("keyStart", sequences);
        Tensor visibleTensor = indices.allocate("visible", count);
        rows.set(count);
        engine.upload(startTensor, upTo(sequences + 1, tokens), 0);
        engine.upload(keyTensor, upTo(sequences, tokens), 0);
        engine.upload(
                visibleTensor,
                IntStream.range(0, count).map(i -> i % tokens + 1).toArray(),
                0);
        binding = engine.compile(ops)
                .bind(Map.of(
                        out,
                        outTensor,
                        lse,
                        lseTensor,
                        q,
                        qTensor,
                        k,
                        kTensor,
                        v,
                        vTensor,
                        start,
                        startTensor,
                        keyStart,
                        keyTensor,
                        visible,
                        visibleTensor));
    }

    private static int[] upTo(int count, int step) {
        return IntStream.range(0, count).map(i -> i * step).toArray();
    }

    private Tensor random(Engine engine, String name, int rows, int columns) {
        Tensor tensor = floats.allocate(name, rows, columns);
        float[] values = new float[rows * columns];
        Random random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        engine.upload(tensor, values, 0);
        return tensor;
    }

    void run() {
        binding.run();
    }

    @Override
    public void close() {
        floats.close();
        indices.close();
    }
}
