package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.basics.ColdStart;
import org.tornadomor.engine.cpu.basics.Lanes;

/**
 * Plain loops or vectors, interpreted, freshly compiled or optimised: the same bits. The expected bits come from a JVM that
 * only interprets.
 */
class CompiledCodeTest {
    @Test
    void resultsDoNotDependOnTheCompiler() throws IOException, InterruptedException {
        String vectors = "-D" + ColdStart.PROPERTY + "=0";
        String interpreted = inAnotherJvm("-Xint", vectors);
        assertEquals(interpreted, inAnotherJvm("-Xint"), "in the plain loops of a cold start");
        assertEquals(interpreted, inAnotherJvm("-XX:TieredStopAtLevel=1", vectors), "compiled without optimisation");
        assertEquals("0", System.getProperty(ColdStart.PROPERTY), "this JVM computes on vectors");
        assertEquals(interpreted, fingerprints(1), "in whatever state this JVM is");
        assertEquals(interpreted, fingerprints(3000), "after many runs");
    }

    private static String inAnotherJvm(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        // The vectors must be as wide as here: sums over lanes depend on that.
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("-XX:UseAVX"))
                .forEach(command::add);
        command.addAll(List.of(
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                CompiledCodeTest.class.getName()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), "the other JVM fails");
        return output.strip();
    }

    /** Prints the fingerprints, for the test in the other JVM. */
    public static void main(String[] args) {
        System.out.println(fingerprints(1));
    }

    private static String fingerprints(int runs) {
        return "blocked " + product(runs, 70, 40, 50)
                + ", thin " + product(runs, 20, 40, 50)
                + ", few rows " + product(runs, 3, 40, 50)
                + ", one row " + product(runs, 1, 300, 129)
                + ", tiny " + product(runs, 3, 5, 7)
                + ", SwiGLU " + swiGlu(runs)
                + ", RMSNorm " + rmsNorm(runs)
                + ", rotary " + rope(runs)
                + ", draws " + draws(runs)
                + ", attention " + attention(runs, 9)
                + ", attention of few rows " + attention(runs, 2);
    }

    private static int fingerprint(int runs, OpRunner runner, Op op, Slot... results) {
        runner.run(op);
        int hash = hash(runner, results);
        for (int i = 1; i < runs; i++) {
            runner.runAgain();
        }
        assertEquals(hash, hash(runner, results), op + " after " + runs + " runs");
        return hash;
    }

    private static int hash(OpRunner runner, Slot... results) {
        return Arrays.stream(results)
                .map((Function<Slot, Object>) slot -> Arrays.hashCode(runner.get(slot)))
                .toList()
                .hashCode();
    }

    private static int product(int runs, int m, int n, int k) {
        Random random = new Random(1);
        try (OpRunner runner = new OpRunner(1)) {
            Extent rows = Extent.fixed(m);
            Slot a = runner.f32("a", rows, k, 1, OpRunner.random(random, m * k));
            Slot w = runner.f32("w", Extent.fixed(n), k, 2, OpRunner.random(random, n * k));
            Slot r = runner.f32("r", rows, n, 1, OpRunner.random(random, m * n));
            Slot c = runner.f32("c", rows, n, 3, new float[m * n]);
            return fingerprint(runs, runner, new DenseOp.MatmulNT(c, a, w, r), c);
        }
    }

    private static int swiGlu(int runs) {
        Random random = new Random(3);
        try (OpRunner runner = new OpRunner(1)) {
            Extent rows = Extent.fixed(3);
            Slot gateUp = runner.f32("gateUp", rows, 2 * 45, 1, OpRunner.random(random, 3 * 2 * 45));
            Slot out = runner.f32("out", rows, 45, 2, new float[3 * 45]);
            return fingerprint(runs, runner, new DenseOp.SwiGlu(out, gateUp), out);
        }
    }

    private static int rmsNorm(int runs) {
        Random random = new Random(4);
        try (OpRunner runner = new OpRunner(1)) {
            Extent rows = Extent.fixed(3);
            Slot x = runner.f32("x", rows, 45, 1, OpRunner.random(random, 3 * 45));
            Slot w = runner.f32("w", Extent.fixed(45), 1, 0, OpRunner.random(random, 45));
            Slot out = runner.f32("out", rows, 45, 2, new float[3 * 45]);
            return fingerprint(runs, runner, new DenseOp.RmsNorm(out, x, w, 1e-5f), out);
        }
    }

    /** In place: each run begins with the same values. */
    private static int rope(int runs) {
        Random random = new Random(5);
        int dim = 76;
        try (OpRunner runner = new OpRunner(1)) {
            Extent rows = Extent.fixed(3);
            float[] values = OpRunner.random(random, 3 * 2 * dim);
            Slot x = runner.f32("x", rows, 2 * dim, 0, values);
            Slot position = runner.i32("position", rows, new int[] {0, 1, 2});
            Slot table = runner.f32("table", rows, dim, 0, OpRunner.random(random, 3 * dim));
            runner.run(new AttentionOp.Rope(x, position, table, false));
            int hash = hash(runner, x);
            for (int i = 1; i < runs; i++) {
                runner.set(x, values);
                runner.runAgain();
            }
            assertEquals(hash, hash(runner, x), "rotation after " + runs + " runs");
            return hash;
        }
    }

    private static int draws(int runs) {
        TokenDraw draw = new TokenDraw(700);
        System.arraycopy(OpRunner.random(new Random(6), 700), 0, draw.logits, 0, 700);
        draw.limit(0, 1, 0);
        float max = Lanes.max(draw.logits, 0, 700);
        int hash = 0;
        for (int i = 0; i < runs; i++) {
            int now = 31 * draw.draw(max, 0.03f, 0.5f) + Arrays.hashCode(draw.mass);
            assertEquals(i == 0 ? now : hash, now, "draw " + i);
            hash = now;
        }
        return hash;
    }

    private static int attention(int runs, int count) {
        Random random = new Random(2);
        int dim = 24;
        try (OpRunner runner = new OpRunner(1)) {
            Extent rows = Extent.fixed(count);
            Extent keys = Extent.fixed(count + 20);
            int[] visible = new int[count];
            Arrays.setAll(visible, i -> 20 + i);
            AttentionOp.Rows which = new AttentionOp.Rows(
                    runner.i32("start", Extent.fixed(2), new int[] {0, count}),
                    runner.i32("keyStart", Extent.fixed(1), new int[] {0}),
                    runner.i32("visible", rows, visible));
            AttentionOp.Heads heads = new AttentionOp.Heads(2, 1, dim, 0.2f);
            Slot q = runner.f32("q", rows, 2 * dim, 0, OpRunner.random(random, count * 2 * dim));
            Slot k = runner.f32("k", keys, dim, 0, OpRunner.random(random, (count + 20) * dim));
            Slot v = runner.f32("v", keys, dim, 0, OpRunner.random(random, (count + 20) * dim));
            Slot dOut = runner.f32("dOut", rows, 2 * dim, 0, OpRunner.random(random, count * 2 * dim));
            Slot out = runner.f32("out", rows, 2 * dim, 0, new float[count * 2 * dim]);
            Slot lse = runner.f32("lse", rows, 2, 0, new float[count * 2]);
            Slot dq = runner.f32("dq", rows, 2 * dim, 0, new float[count * 2 * dim]);
            Slot dk = runner.f32("dk", keys, dim, 0, new float[(count + 20) * dim]);
            Slot dv = runner.f32("dv", keys, dim, 0, new float[(count + 20) * dim]);
            int forward =
                    fingerprint(runs, runner, new AttentionOp.Attention(out, lse, q, k, v, which, heads), out, lse);
            Op backward = new AttentionOp.AttentionBackward(dq, dk, dv, dOut, out, lse, q, k, v, which, heads, false);
            return 31 * forward + fingerprint(runs, runner, backward, dq, dk, dv);
        }
    }
}
