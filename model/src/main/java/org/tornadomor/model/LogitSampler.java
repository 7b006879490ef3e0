package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.engine.SampleOp.Sample;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/** Draws a token from each row of logits on the device that holds them, by settings that may differ from row to row. */
final class LogitSampler {
    private final Engine engine;
    private final int context;
    private final Extent rows;
    private final Tensor history, historyLength;
    private final Tensor[] settingViews, uniformViews, nextViews;
    private final Binding sample;
    private final float[] settings;
    private final int[] kept = new int[1];

    /** @param context the most tokens that a repetition penalty looks at */
    LogitSampler(Engine engine, Tensor logits, int context, Arena floats, Arena indices) {
        this.engine = engine;
        this.context = context;
        int most = logits.rows();
        rows = Extent.of("sampled", most);
        Tensor setting = floats.allocate("sample.settings", most, SampleOp.SETTINGS);
        Tensor uniform = floats.allocate("sample.uniform", most);
        history = indices.allocate("sample.history", most, context);
        historyLength = indices.allocate("sample.history_length", most);
        Tensor next = indices.allocate("sample.next", most);
        Wiring w = new Wiring("decode sample");
        w.add(new Sample(
                w.of(next, rows),
                w.of(logits, rows),
                w.of(setting, rows),
                w.of(uniform, rows),
                w.of(history, rows),
                w.of(historyLength, rows)));
        sample = w.on(engine);
        settingViews = DecodeRows.prefixes(setting);
        uniformViews = DecodeRows.prefixes(uniform);
        nextViews = DecodeRows.prefixes(next);
        settings = new float[most * SampleOp.SETTINGS];
    }

    /** Sets how a row is drawn. */
    void set(int row, float temperature, int topK, float topP, float minP, float penalty) {
        int at = row * SampleOp.SETTINGS;
        settings[at + SampleOp.TEMPERATURE] = temperature;
        settings[at + SampleOp.TOP_K] = topK;
        settings[at + SampleOp.TOP_P] = topP;
        settings[at + SampleOp.PENALTY] = penalty;
        settings[at + SampleOp.MIN_P] = minP;
    }

    /** Sets the tokens that the penalty of a row looks at: the last ones if there are more than the context. */
    void setHistory(int row, int[] ids, int count) {
        kept[0] = Math.min(count, context);
        engine.upload(history.rows(row, 1).columns(0, Math.max(1, kept[0])), ids, count - kept[0]);
        engine.upload(historyLength.rows(row, 1), kept, 0);
    }

    /**
     * Draws from the first rows.
     *
     * @param draws a number in [0, 1) for each
     * @param target filled with a token for each
     */
    void draw(int count, float[] draws, int[] target) {
        rows.set(count);
        engine.upload(settingViews[count], settings, 0);
        engine.upload(uniformViews[count], draws, 0);
        sample.run();
        engine.download(nextViews[count], target, 0);
    }
}
