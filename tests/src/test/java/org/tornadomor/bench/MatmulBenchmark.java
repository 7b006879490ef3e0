package org.tornadomor.bench;

import java.io.PrintStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The engine's matrix products and OpenBLAS's, shape by shape, each in a JVM of its own. For ratios on a busy machine see
 * MatmulComparison. {@link #main} writes a table; the argument is the number of threads, and which shapes if not all.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "-XX:+UseG1GC",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dtornadomor.plainSteps=0"
        })
public class MatmulBenchmark {
    /** Runs the benchmarks and writes the medians. */
    public static void main(String[] args) throws RunnerException {
        if (!OpenBlas.installed()) {
            Results.note("OpenBLAS is not installed: the products under JMH are left out.");
            return;
        }
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(MatmulBenchmark.class.getName())
                .param("threads", args[0])
                .verbosity(VerboseMode.SILENT);
        if (args.length > 1) {
            options.param("shape", args[1].split(","));
        }
        Map<String, Double> medians = new HashMap<>();
        Set<String> products = new LinkedHashSet<>();
        for (RunResult result : run(options.build())) {
            String product = result.getParams().getParam("layout") + " "
                    + result.getParams().getParam("shape").replace("x", " x ");
            products.add(product);
            medians.put(
                    product + result.getPrimaryResult().getLabel(),
                    result.getPrimaryResult().getStatistics().getPercentile(50));
        }
        Results results = new Results(
                "Matrix products under JMH, " + args[0] + (args[0].equals("1") ? " thread" : " threads"),
                "product, m x n x k",
                "microseconds",
                "OpenBLAS microseconds",
                "ratio");
        for (String product : products) {
            double mine = medians.get(product + "engine");
            double theirs = medians.get(product + "openBlas");
            results.row(product, mine, theirs, theirs / mine);
        }
    }

    /** What the measured JVMs have to say is not part of the table. */
    private static Collection<RunResult> run(Options options) throws RunnerException {
        PrintStream out = System.out;
        System.setOut(System.err);
        try {
            return new Runner(options).run();
        } finally {
            System.setOut(out);
        }
    }

    /** m x n x k of c [m, n]. */
    @Param({"64x64x64", "256x256x256", "512x512x512", "1024x1024x1024", "2048x1536x512", "2048x512x1408", "8x1536x512"})
    public String shape;

    /** Which operand is transposed. */
    @Param({"NT", "NN", "TN"})
    public String layout;

    /** Workers of the engine, threads of OpenBLAS. */
    @Param({"1", "2"})
    public int threads;

    private Product product;

    /** Makes the matrices. */
    @Setup
    public void setUp() {
        String[] sizes = shape.split("x");
        OpenBlas blas = new OpenBlas();
        blas.threads(threads);
        product = new Product(
                Product.Layout.valueOf(layout),
                Integer.parseInt(sizes[0]),
                Integer.parseInt(sizes[1]),
                Integer.parseInt(sizes[2]),
                threads,
                blas);
    }

    /** This engine. */
    @Benchmark
    public void engine() {
        product.runEngine();
    }

    /** The peer. */
    @Benchmark
    public void openBlas() {
        product.runBlas();
    }

    /** Stops the workers. */
    @TearDown
    public void tearDown() {
        product.close();
    }
}
