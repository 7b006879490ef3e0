package org.tornadomor.lessons;

import java.util.Arrays;

/** Counts what a device would do for the accesses of a launch: the figures that decide its speed, without a device. */
class Counts extends Lockstep {
    /** Bytes that memory hands over at once. */
    static final int LINE = 128;
    /** Local memory serves as many work-items at a time as there are banks, if each asks another bank. */
    static final int BANKS = 32;

    private static final int BANK_BYTES = 4;

    private long reads;
    private long writes;
    private long steps;
    private long lines;
    private long local;
    private long localSteps;
    private long turns;
    private long barriers;

    @Override
    protected void step(Step step) {
        if (step.memory().local()) {
            local += step.elements().length;
            localSteps++;
            turns += turns(step);
        } else {
            reads += step.write() ? 0 : step.elements().length;
            writes += step.write() ? step.elements().length : 0;
            steps++;
            lines += lines(step);
        }
    }

    @Override
    protected void met(String task, long ofGroup, int time) {
        barriers++;
    }

    /** Lines of memory that a step touches. */
    static int lines(Step step) {
        int bytes = step.memory().elementBytes();
        return (int) Arrays.stream(step.elements())
                .mapToLong(element -> (long) element * bytes / LINE)
                .distinct()
                .count();
    }

    /** How often local memory has to be asked for a step: the most different words in one bank. */
    static int turns(Step step) {
        int bytes = step.memory().elementBytes();
        int[] words = new int[BANKS];
        Arrays.stream(step.elements())
                .map(element -> element * bytes / BANK_BYTES)
                .distinct()
                .forEach(word -> words[word % BANKS]++);
        return Math.max(1, Arrays.stream(words).max().getAsInt());
    }

    /** Elements read from device memory. */
    long reads() {
        return reads;
    }

    /** Elements written to device memory. */
    long writes() {
        return writes;
    }

    /** Lines of 128 bytes for each 32 work-items that access device memory together. */
    double linesPerStep() {
        return steps == 0 ? 0 : (double) lines / steps;
    }

    /** Lines altogether. */
    long lines() {
        return lines;
    }

    /** Elements of local memory read or written. */
    long local() {
        return local;
    }

    /** Turns for each 32 work-items that access local memory together; 1 is without conflicts. */
    double turnsPerStep() {
        return localSteps == 0 ? 0 : (double) turns / localSteps;
    }

    /** Barriers passed by groups. */
    long barriers() {
        return barriers;
    }
}
