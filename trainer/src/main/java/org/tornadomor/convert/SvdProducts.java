package org.tornadomor.convert;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.MatmulNN;
import org.tornadomor.engine.DenseOp.MatmulTN;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/** The products of a decomposition of matrices M [m, n] of one shape, on an engine. */
final class SvdProducts implements AutoCloseable {
    private final Engine engine;
    private final int m, n, width, rank;
    private final Arena arena;
    /** [m, n], [n, width], [m, width], [width, n]. */
    private final Tensor matrix, directions, basis, projected;
    /** [rank, width], [rank, n], [width, m], [rank, m]. */
    private final Tensor vectors, down, basisTurned, up;
    /** [m, n] */
    private final Tensor product;

    private final Binding times, turn, project, combine, expand, multiply;

    SvdProducts(Engine engine, int m, int n, int width, int rank) {
        this.engine = engine;
        this.m = m;
        this.n = n;
        this.width = width;
        this.rank = rank;
        arena = engine.arena("svd of " + m + " x " + n, ElementType.F32);
        matrix = arena.allocate("matrix", m, n);
        directions = arena.allocate("directions", n, width);
        basis = arena.allocate("basis", m, width);
        projected = arena.allocate("projected", width, n);
        vectors = arena.allocate("vectors", rank, width);
        down = arena.allocate("down", rank, n);
        basisTurned = arena.allocate("basis, turned", width, m);
        up = arena.allocate("up", rank, m);
        product = arena.allocate("product", m, n);
        times = nn("svd: M directions", basis, matrix, directions);
        turn = tn("svd: M^T basis", directions, matrix, basis);
        project = tn("svd: basis^T M", projected, basis, matrix);
        combine = nn("svd: vectors projected", down, vectors, projected);
        expand = nn("svd: vectors basis^T", up, vectors, basisTurned);
        multiply = tn("svd: up^T down", product, up, down);
    }

    private Binding nn(String name, Tensor c, Tensor a, Tensor w) {
        Wiring wiring = new Wiring(name);
        return wiring.add(new MatmulNN(wiring.of(c), wiring.of(a), wiring.of(w), false))
                .on(engine);
    }

    private Binding tn(String name, Tensor c, Tensor a, Tensor b) {
        Wiring wiring = new Wiring(name);
        wiring.add(new Clear(wiring.of(c)));
        return wiring.add(new MatmulTN(wiring.of(c), wiring.of(a), wiring.of(b)))
                .on(engine);
    }

    int m() {
        return m;
    }

    int n() {
        return n;
    }

    int width() {
        return width;
    }

    int rank() {
        return rank;
    }

    void setMatrix(float[] values) {
        engine.upload(matrix, values, 0);
    }

    private float[] run(Binding binding, Tensor result) {
        binding.run();
        float[] values = new float[result.size()];
        engine.download(result, values, 0);
        return values;
    }

    /** M x: [m, width] of [n, width]. */
    float[] times(float[] x) {
        engine.upload(directions, x, 0);
        return run(times, basis);
    }

    /** M M^T q: [m, width]. */
    float[] timesItsTranspose(float[] q) {
        engine.upload(basis, q, 0);
        turn.run();
        return run(times, basis);
    }

    /** q^T M: [width, n] of q [m, width]. */
    float[] project(float[] q) {
        engine.upload(basis, q, 0);
        return run(project, projected);
    }

    /** w b: [rank, n] of [rank, width] and [width, n]. */
    float[] combine(float[] w, float[] b) {
        engine.upload(vectors, w, 0);
        engine.upload(projected, b, 0);
        return run(combine, down);
    }

    /** w q^T: [rank, m] of [rank, width] and q [m, width]. */
    float[] expand(float[] w, float[] q) {
        float[] turned = new float[q.length];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < width; j++) {
                turned[j * m + i] = q[i * width + j];
            }
        }
        engine.upload(vectors, w, 0);
        engine.upload(basisTurned, turned, 0);
        return run(expand, up);
    }

    /** The Frobenius norm of M - up^T down. */
    double left(float[] values, float[] downValues, float[] upValues) {
        engine.upload(up, upValues, 0);
        engine.upload(down, downValues, 0);
        float[] approximation = run(multiply, product);
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            double difference = (double) values[i] - approximation[i];
            sum += difference * difference;
        }
        return Math.sqrt(sum);
    }

    @Override
    public void close() {
        arena.close();
    }
}
