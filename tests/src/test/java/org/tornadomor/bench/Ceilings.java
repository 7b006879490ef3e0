package org.tornadomor.bench;

/** What the machine can do, before anything is compared with it. Arguments: threads, rounds. */
final class Ceilings {
    private static final int MEGABYTES = 1024;

    private Ceilings() {}

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 15;
        Results results = new Results(
                "What the machine can do: float32 multiply-adds in registers, and reading memory",
                "threads",
                "GFLOP/s",
                "GB/s");
        for (int count : threads == 1 ? new int[] {1} : new int[] {1, threads}) {
            try (PeakCompute compute = new PeakCompute(count);
                    ReadBandwidth memory = new ReadBandwidth(count, MEGABYTES)) {
                double[] flops = new double[rounds];
                double[] bytes = new double[rounds];
                for (int i = 0; i < rounds; i++) {
                    flops[i] = compute.run();
                    long start = System.nanoTime();
                    memory.run();
                    bytes[i] = memory.bytes() / (System.nanoTime() - start);
                }
                results.row(count, Results.median(flops), Results.median(bytes));
            }
        }
    }
}
