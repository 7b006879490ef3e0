package org.tornadomor.simulator;

import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** A program to debug: two groups of eight work-items add up sixteen ones. */
public final class Debuggee {

    private Debuggee() {}

    /** Runs the kernel once. */
    public static void main(String[] args) {
        FloatArray in = new FloatArray(16);
        in.init(1f);
        FloatArray sums = new FloatArray(2);
        Harness.run(
                new TaskGraph("demo")
                        .task("t", GoodKernels::groupSum, new KernelContext(), in, sums, 8)
                        .transferToHost(DataTransferMode.EVERY_EXECUTION, sums),
                16,
                8);
        System.out.println("sums " + sums.get(0) + " " + sums.get(1));
    }
}
