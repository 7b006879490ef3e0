package org.tornadomor.report;

import java.util.List;
import org.tornadomor.report.Table.Thinning;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The curves of runs as JSON for {@code report.js}, with no more points than can be told apart. */
final class ChartData {
    /** The most points of a curve of a single run; if there are several runs, they share the next number of points. */
    private static final int POINTS = 1000;

    private static final int ALL_POINTS = 4000;
    private static final int LEAST_POINTS = 150;
    private static final int DIGITS = 5;

    private final int points;

    private ChartData(int runs) {
        points = Math.clamp(ALL_POINTS / Math.max(1, runs), LEAST_POINTS, POINTS);
    }

    /**
     * The curves as JSON.
     *
     * @param unit of losses
     */
    static String of(List<RunData> runs, String unit) {
        ChartData data = new ChartData(runs.size());
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("unit", unit);
        ArrayNode array = json.putArray("runs");
        runs.forEach(run -> data.put(array.addObject(), run));
        return json.toString();
    }

    private void put(ObjectNode json, RunData run) {
        json.put("name", run.name);
        json.put("recursions", run.model.recursions());
        json.put("routed", run.routed());
        json.put("smoothing", run.smoothing);
        int depths = run.model.recursions();
        ObjectNode steps = json.putObject("steps");
        axes(steps, run.steps);
        put(steps, "loss", run.steps, RunData.LOSS, Thinning.MEAN);
        if (run.steps.rows() > points) {
            put(steps, "lossLow", run.steps, RunData.LOSS, Thinning.MIN);
            put(steps, "lossHigh", run.steps, RunData.LOSS, Thinning.MAX);
        }
        put(steps, "smooth", run.steps, RunData.SMOOTH, Thinning.LAST);
        put(steps, "rate", run.steps, RunData.RATE, Thinning.MEAN);
        put(steps, "norm", run.steps, RunData.NORM, Thinning.MEAN);
        put(steps, "lr", run.steps, RunData.LR, Thinning.LAST);
        ObjectNode evaluations = json.putObject("evaluations");
        axes(evaluations, run.evaluations);
        put(evaluations, "loss", run.evaluations, RunData.VAL, Thinning.MEAN);
        put(evaluations, "causal", run.evaluations, RunData.CAUSAL, Thinning.MEAN);
        if (run.exchanges.any()) {
            ObjectNode exchanges = json.putObject("exchanges");
            axes(exchanges, run.exchanges.table);
            put(exchanges, "waiting", run.exchanges.table, Exchanges.WAITING, Thinning.MEAN);
        }
        if (!run.routed()) {
            return;
        }
        put(steps, "depth", run.steps, RunData.DEPTH, Thinning.MEAN);
        put(evaluations, "depth", run.evaluations, RunData.VAL_DEPTH, Thinning.MEAN);
        put(evaluations, "accuracy", run.evaluations, RunData.ACCURACY, Thinning.MEAN);
        put(evaluations, "violation", run.evaluations, RunData.VIOLATION, Thinning.MEAN);
        put(evaluations, "entropy", run.evaluations, RunData.ENTROPY, Thinning.MEAN);
        for (int r = 1; r <= depths; r++) {
            put(steps, "share" + r, run.steps, RunData.SHARE + r - 1, Thinning.MEAN);
            put(evaluations, "causalShare" + r, run.evaluations, RunData.CAUSAL_SHARE + r - 1, Thinning.MEAN);
            put(evaluations, "accuracy" + r, run.evaluations, RunData.CAUSAL_SHARE + depths + r - 1, Thinning.MEAN);
        }
    }

    private void axes(ObjectNode json, Table table) {
        put(json, "step", table, RunData.STEP, Thinning.LAST);
        put(json, "tokens", table, RunData.TOKENS, Thinning.LAST);
        put(json, "flops", table, RunData.FLOPS, Thinning.LAST);
        put(json, "seconds", table, RunData.SECONDS, Thinning.LAST);
    }

    private void put(ObjectNode json, String key, Table table, int column, Thinning how) {
        ArrayNode array = json.putArray(key);
        boolean whole = column == RunData.STEP || column == RunData.TOKENS;
        for (double value : table.thin(column, points, how)) {
            if (!Double.isFinite(value)) {
                array.addNull();
            } else if (whole) {
                array.add((long) value);
            } else {
                array.add(rounded(value));
            }
        }
    }

    private static double rounded(double value) {
        if (value == 0) {
            return 0;
        }
        double unit = Math.pow(10, DIGITS - 1 - Math.floor(Math.log10(Math.abs(value))));
        double rounded = Math.round(value * unit) / unit;
        return Double.isFinite(rounded) ? rounded : value;
    }
}
