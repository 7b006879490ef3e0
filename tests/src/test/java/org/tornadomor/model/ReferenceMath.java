package org.tornadomor.model;

/** The functions of a transformer in double precision, one row at a time, as the formulas say them. */
final class ReferenceMath {
    private ReferenceMath() {}

    /** {@code w x}: w [rows, x.length], row by row. */
    static double[] map(double[] w, double[] x) {
        double[] y = new double[w.length / x.length];
        for (int i = 0; i < y.length; i++) {
            double sum = 0;
            for (int j = 0; j < x.length; j++) {
                sum += w[i * x.length + j] * x[j];
            }
            y[i] = sum;
        }
        return y;
    }

    /** {@code y += factor x}. */
    static void add(double[] y, double factor, double[] x) {
        for (int i = 0; i < y.length; i++) {
            y[i] += factor * x[i];
        }
    }

    /** {@code x / sqrt(mean(x^2) + eps) w}. */
    static double[] rmsNorm(double[] x, double[] w, double eps) {
        double squares = 0;
        for (double value : x) {
            squares += value * value;
        }
        double scale = 1 / Math.sqrt(squares / x.length + eps);
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = x[i] * scale * w[i];
        }
        return y;
    }

    /** Turns each head of a row by its position: rotate-half, the pair (j, j + h/2) by position times its frequency. */
    static final class Rope {
        private final int headDim;
        private final double[][] cosines;
        private final double[][] sines;

        Rope(ModelConfig config, int positions) {
            headDim = config.headDim();
            RotaryScaling scaling = config.architecture().scaling();
            double[] frequency = scaling.frequencies(config.ropeTheta(), headDim, config.maxPositions(), positions);
            double factor = scaling.attentionFactor();
            cosines = new double[positions][headDim / 2];
            sines = new double[positions][headDim / 2];
            for (int p = 0; p < positions; p++) {
                for (int j = 0; j < headDim / 2; j++) {
                    cosines[p][j] = factor * Math.cos(p * frequency[j]);
                    sines[p][j] = factor * Math.sin(p * frequency[j]);
                }
            }
        }

        void turn(double[] x, int position) {
            int half = headDim / 2;
            for (int head = 0; head < x.length; head += headDim) {
                for (int j = 0; j < half; j++) {
                    double a = x[head + j];
                    double b = x[head + j + half];
                    x[head + j] = a * cosines[position][j] - b * sines[position][j];
                    x[head + j + half] = b * cosines[position][j] + a * sines[position][j];
                }
            }
        }
    }

    /** {@code silu(gate) up}. */
    static double[] swiGlu(double[] gate, double[] up) {
        double[] y = new double[gate.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = gate[i] * sigmoid(gate[i]) * up[i];
        }
        return y;
    }

    /** The exact GELU, {@code x Phi(x)}. */
    static double[] gelu(double[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = x[i] * (1 + erf(x[i] / Math.sqrt(2))) / 2;
        }
        return y;
    }

    /** {@code 2 / sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!}, whose terms all have the sign of x. */
    private static double erf(double x) {
        if (Math.abs(x) > 6) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** {@code -y log sigmoid(z) - (1 - y) log(1 - sigmoid(z))}. */
    static double binaryCrossEntropy(double z, boolean y) {
        return y ? softplus(-z) : softplus(z);
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    static double logSumExp(double[] x) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : x) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (double value : x) {
            sum += Math.exp(value - max);
        }
        return max + Math.log(sum);
    }

    static double[] softmax(double[] x) {
        double all = logSumExp(x);
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = Math.exp(x[i] - all);
        }
        return y;
    }
}
