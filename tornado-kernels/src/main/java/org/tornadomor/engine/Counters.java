package org.tornadomor.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How many rows each op of each program processed and how many it was spared, so that skipped work can be shown and not
 * only promised. Counting costs two additions an op.
 */
public final class Counters {
    private final List<Counter> counters = new ArrayList<>();

    /** The count of one op of one program. */
    public static final class Counter {
        private final String program;
        private final String op;
        private long runs;
        private long rows;
        private long skipped;

        private Counter(String program, String op) {
            this.program = program;
            this.op = op;
        }

        public String program() {
            return program;
        }

        /** The op's name, such as {@code MatmulNT}. */
        public String op() {
            return op;
        }

        public long runs() {
            return runs;
        }

        public long rows() {
            return rows;
        }

        /** Rows that the op was spared: the maximum of its extent less the rows that it processed, over all runs. */
        public long skipped() {
            return skipped;
        }

        /** Adds a run over {@code count} of at most {@code max} rows; without rows an op does not run. */
        public void add(int count, int max) {
            runs += count > 0 ? 1 : 0;
            rows += count;
            skipped += max - count;
        }
    }

    /** A new counter for something that is no op. */
    public Counter counter(String program, String what) {
        Counter counter = new Counter(program, what);
        counters.add(counter);
        return counter;
    }

    /** A new counter for one op of a program being compiled. */
    public Counter counter(String program, Op op) {
        return counter(program, op.getClass().getSimpleName());
    }

    /** All counters, in the order of compilation. */
    public List<Counter> all() {
        return List.copyOf(counters);
    }

    /** Rows that ops of this name processed, by program; programs that never ran are left out. */
    public Map<String, Long> rowsByProgram(String opName) {
        Map<String, Long> rows = new LinkedHashMap<>();
        for (Counter counter : counters) {
            if (counter.op.equals(opName) && counter.runs > 0) {
                rows.merge(counter.program, counter.rows, Long::sum);
            }
        }
        return rows;
    }

    /** Starts again from zero. */
    public void reset() {
        for (Counter counter : counters) {
            counter.runs = 0;
            counter.rows = 0;
            counter.skipped = 0;
        }
    }
}
