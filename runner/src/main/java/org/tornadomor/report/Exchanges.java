package org.tornadomor.report;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.tornadomor.trainer.ExchangeLog;
import org.tornadomor.trainer.ExchangeMetrics;

/** The exchanges between the workers of a run; none where it had its process to itself. */
final class Exchanges {
    /** Columns of the table, behind those that all begin with. */
    static final int WAITING = 4, BYTES = 5, TAKEN = 6;

    private static final int COLUMNS = 7;

    /** A row for each exchange. */
    final Table table = new Table(COLUMNS);

    private final Table steps;
    private int row;
    private int workers;
    private double work;

    /** Seconds of work by rank. */
    private final Map<Integer, Double> byRank = new TreeMap<>();

    /** @param steps of the run, with what its axes are at each */
    Exchanges(Path folder, Table steps) {
        this.steps = steps;
        ExchangeLog.read(folder, this::add);
    }

    private void add(ExchangeMetrics it) {
        // A run that was resumed with another number says the last one.
        workers = it.workers();
        while (row < steps.rows() - 1 && steps.get(row, RunData.STEP) < it.step()) {
            row++;
        }
        double[] values = new double[COLUMNS];
        values[RunData.STEP] = it.step();
        for (int axis : new int[] {RunData.TOKENS, RunData.FLOPS, RunData.SECONDS}) {
            values[axis] = row < steps.rows() ? steps.get(row, axis) : Double.NaN;
        }
        values[WAITING] = it.waiting();
        values[BYTES] = it.bytes();
        values[TAKEN] = it.seconds();
        table.add(values);
        double sum = 0;
        for (int rank = 0; rank < it.workSeconds().size(); rank++) {
            byRank.merge(rank, it.workSeconds().get(rank), Double::sum);
            sum += it.workSeconds().get(rank);
        }
        work += sum / it.workSeconds().size();
    }

    boolean any() {
        return table.rows() > 0;
    }

    int workers() {
        return workers;
    }

    /** Of all exchanges together. */
    double bytes() {
        return sum(BYTES);
    }

    double seconds() {
        return sum(TAKEN);
    }

    /** The share of the time in which an average worker did not compute. */
    double waiting() {
        return Math.max(0, 1 - work / seconds());
    }

    private double sum(int column) {
        double sum = 0;
        for (int i = 0; i < table.rows(); i++) {
            sum += table.get(i, column);
        }
        return sum;
    }

    /** The worker that computed longest; 0 where all took as long. */
    int slowest() {
        int slowest = 0;
        for (Map.Entry<Integer, Double> rank : byRank.entrySet()) {
            slowest = rank.getValue() > byRank.get(slowest) ? rank.getKey() : slowest;
        }
        return slowest;
    }

    /** How much longer that one computed than the mean. */
    double slowness() {
        double mean = byRank.values().stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElse(Double.NaN);
        return byRank.get(slowest()) / mean;
    }
}
