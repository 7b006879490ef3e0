package org.tornadomor.engine.cpu.products;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadomor.UserError;
import org.tornadomor.engine.Bfloat16;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.cpu.MatmulTest;
import org.tornadomor.engine.cpu.OpRunner;

/** Products by oneDNN, and rounded ones in Java, on the shapes of {@link MatmulTest}; and what is said where oneDNN is not there. */
class ProductsTest {
    /** Who computes, and to what operands are rounded. */
    enum Kind {
        LIBRARY(ProductProvider.ONEDNN, Precision.FLOAT32),
        ROUNDED_LIBRARY(ProductProvider.ONEDNN, Precision.BFLOAT16),
        ROUNDED_JAVA(ProductProvider.JAVA, Precision.BFLOAT16);

        private final ProductProvider provider;
        private final Precision precision;

        Kind(ProductProvider provider, Precision precision) {
            this.provider = provider;
            this.precision = precision;
        }

        CpuEngine engine(int threads) {
            return new CpuEngine(threads, provider, precision, note -> {
                throw new AssertionError(note);
            });
        }

        /** Ends a test that this machine cannot run. */
        void require() {
            if (provider == ProductProvider.ONEDNN) {
                String problem = OneDnnProducts.problem(precision);
                assumeTrue(problem == null, problem);
            }
        }
    }

    private static DoubleUnaryOperator rounding(Precision precision) {
        return precision == Precision.FLOAT32 ? x -> x : x -> Bfloat16.value(Bfloat16.of((float) x));
    }

    private static void check(Kind kind, MatmulTest.Layout layout, int m, int n, int k, int spare, int margin) {
        float[] actual = MatmulTest.product(kind.engine(2), layout, m, n, k, spare, margin, 1);
        // Products that are too small for the library are not rounded.
        boolean rounded = OneDnnProduct.suits(m, n, k);
        double[][] expected =
                MatmulTest.reference(layout, m, n, k, spare, rounding(rounded ? kind.precision : Precision.FLOAT32));
        for (int i = 0; i < actual.length; i++) {
            String where = kind + " " + layout + " " + m + "x" + n + "x" + k + " element " + i;
            assertEquals(expected[0][i], actual[i], 1e-6 * expected[1][i], where);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void agreesWithDoublePrecision(Kind kind) {
        kind.require();
        int suited = 0;
        for (MatmulTest.Layout layout : MatmulTest.Layout.values()) {
            for (int[] size : MatmulTest.SIZES) {
                check(kind, layout, size[0], size[1], size[2], 3, 5);
                suited += OneDnnProduct.suits(size[0], size[1], size[2]) ? 1 : 0;
            }
        }
        assertTrue(suited > 50, "only " + suited + " of the products are for the library");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void isTheSameForAnyNumberOfThreadsAndInLaterRuns(Kind kind) {
        kind.require();
        for (MatmulTest.Layout layout : MatmulTest.Layout.values()) {
            for (int[] size : new int[][] {{257, 129, 65}, {130, 1100, 70}, {400, 40, 2600}, {70, 2100, 500}}) {
                float[] one = MatmulTest.product(kind.engine(1), layout, size[0], size[1], size[2], 1, 1, 0);
                for (int threads = 2; threads <= 3; threads++) {
                    assertArrayEquals(
                            one, MatmulTest.product(kind.engine(threads), layout, size[0], size[1], size[2], 1, 1, 1));
                }
            }
        }
    }

    /** What was packed must not outlive the numbers that it was made from. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void packsAgainWhatHasChanged(Kind kind) {
        kind.require();
        int m = 40;
        int n = 96;
        int k = 128;
        assertTrue(OneDnnProduct.suits(m, n, k));
        Random random = new Random(1);
        float[] values = OpRunner.random(random, m * k);
        float[] first = OpRunner.random(random, n * k);
        float[] second = OpRunner.random(random, n * k);
        float[][] results = new float[3][];
        try (OpRunner runner = new OpRunner(kind.engine(2))) {
            Slot a = runner.f32("a", Extent.fixed(m), k, 0, values);
            Slot w = runner.f32("w", Extent.fixed(n), k, 0, first);
            Slot c = runner.f32("c", Extent.fixed(m), n, 0, new float[m * n]);
            runner.run(new DenseOp.MatmulNT(c, a, w));
            results[0] = runner.get(c);
            runner.set(w, second);
            runner.runAgain();
            results[1] = runner.get(c);
            runner.set(w, first);
            runner.runAgain();
            results[2] = runner.get(c);
        }
        assertArrayEquals(results[0], results[2]);
        assertTrue(Math.abs(results[0][0] - results[1][0]) > 1e-3, () -> results[0][0] + " and " + results[1][0]);
    }

    /** Where the library has no fast products in bfloat16, Java computes the same, and says why in one line. */
    @Test
    void javaRoundsWhereTheLibraryCannot() {
        String problem = OneDnnProducts.problem(Precision.BFLOAT16);
        List<String> notes = new ArrayList<>();
        try (CpuEngine engine = new CpuEngine(1, ProductProvider.ONEDNN, Precision.BFLOAT16, notes::add)) {
            assertTrue(
                    engine.describe()
                            .endsWith(problem == null ? ", products by oneDNN in bfloat16" : ", products in bfloat16"),
                    engine::describe);
        }
        assertEquals(
                problem == null
                        ? List.of()
                        : List.of("products in bfloat16 are computed in Java, which takes longer than float32: "
                                + problem),
                notes);
    }

    /** A measurement says what it found, and the engine is the one that it names. */
    @Test
    void autoSaysWhatItMeasured() {
        String problem = OneDnnProducts.problem(Precision.FLOAT32);
        assumeTrue(problem == null, problem);
        List<String> notes = new ArrayList<>();
        try (CpuEngine engine = new CpuEngine(2, ProductProvider.AUTO, Precision.FLOAT32, notes::add)) {
            assertEquals(1, notes.size());
            boolean taken = notes.getFirst().startsWith("products are computed by oneDNN:");
            assertTrue(taken || notes.getFirst().startsWith("products are computed by Java:"), notes::toString);
            assertEquals(taken, engine.describe().endsWith(", products by oneDNN"), engine::describe);
        }
    }

    @Test
    void absenceIsSaidInOneLineWithTheWayOut(@TempDir Path folder) throws IOException {
        assumeTrue(System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64"));
        String nowhere = refusal(folder.resolve("none").toString(), folder);
        assertTrue(nowhere.contains("names " + folder.resolve("none")), nowhere);
        Path empty = folder.resolve("other.jar");
        try (var zip = new java.util.zip.ZipOutputStream(Files.newOutputStream(empty))) {
            zip.putNextEntry(new java.util.zip.ZipEntry("nothing"));
        }
        String other = refusal(empty.toString(), folder);
        assertTrue(other.startsWith(empty + " is not the jar of " + OneDnnLibrary.ARTIFACT), other);
    }

    private static String refusal(String named, Path cache) {
        String message = assertThrows(UserError.class, () -> OneDnnLibrary.find(named, cache))
                .getMessage();
        assertEquals(-1, message.indexOf('\n'), message);
        return message;
    }
}
