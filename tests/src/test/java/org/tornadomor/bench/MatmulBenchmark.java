package org.tornadomor.bench;

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

/** The engine's matrix products and OpenBLAS's, shape by shape. For ratios on a busy machine see MatmulComparison. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class MatmulBenchmark {
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
