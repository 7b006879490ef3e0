package org.tornadomor.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads llama2.c's file of version 0 and computes as its description says: one token after the other, in doubles. */
final class Llama2cReader {
    final int dim, hidden, layers, heads, kvHeads, vocabulary, positions;
    final boolean tied;
    private final FloatBuffer data;
    private final int headSize, kvDim;
    private final double[][] embedding, norm1, norm2, head, cos, sin;
    private final double[][][] wq, wk, wv, wo, w1, w2, w3;
    private final double[] finalNorm;

    Llama2cReader(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        dim = bytes.getInt();
        hidden = bytes.getInt();
        layers = bytes.getInt();
        heads = bytes.getInt();
        kvHeads = bytes.getInt();
        int signed = bytes.getInt();
        vocabulary = Math.abs(signed);
        tied = signed > 0;
        positions = bytes.getInt();
        headSize = dim / heads;
        kvDim = headSize * kvHeads;
        data = bytes.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        embedding = matrix(vocabulary, dim);
        norm1 = matrix(layers, dim);
        wq = matrices(dim, dim);
        wk = matrices(kvDim, dim);
        wv = matrices(kvDim, dim);
        wo = matrices(dim, dim);
        norm2 = matrix(layers, dim);
        w1 = matrices(hidden, dim);
        w2 = matrices(dim, hidden);
        w3 = matrices(hidden, dim);
        finalNorm = matrix(1, dim)[0];
        cos = matrix(positions, headSize / 2);
        sin = matrix(positions, headSize / 2);
        head = tied ? embedding : matrix(vocabulary, dim);
        if (data.hasRemaining()) {
            throw new IOException(data.remaining() + " floats too many");
        }
    }

    private double[][] matrix(int rows, int columns) {
        double[][] matrix = new double[rows][columns];
        for (double[] row : matrix) {
            for (int c = 0; c < columns; c++) {
                row[c] = data.get();
            }
        }
        return matrix;
    }

    private double[][][] matrices(int rows, int columns) {
        double[][][] matrices = new double[layers][][];
        for (int l = 0; l < layers; l++) {
            matrices[l] = matrix(rows, columns);
        }
        return matrices;
    }

    /** The logits of each token of one sequence, [T V]. */
    double[] logits(int[] ids) {
        double[][][] keys = new double[layers][ids.length][];
        double[][][] values = new double[layers][ids.length][];
        double[] logits = new double[ids.length * vocabulary];
        for (int t = 0; t < ids.length; t++) {
            double[] x = embedding[ids[t]].clone();
            for (int l = 0; l < layers; l++) {
                double[] normed = norm(x, norm1[l]);
                double[] q = times(wq[l], normed);
                keys[l][t] = times(wk[l], normed);
                values[l][t] = times(wv[l], normed);
                rotate(q, t);
                rotate(keys[l][t], t);
                add(x, times(wo[l], attend(q, keys[l], values[l], t)));
                normed = norm(x, norm2[l]);
                double[] gate = times(w1[l], normed);
                double[] up = times(w3[l], normed);
                for (int i = 0; i < hidden; i++) {
                    gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
                }
                add(x, times(w2[l], gate));
            }
            System.arraycopy(times(head, norm(x, finalNorm)), 0, logits, t * vocabulary, vocabulary);
        }
        return logits;
    }

    private double[] attend(double[] q, double[][] keys, double[][] values, int t) {
        double[] out = new double[dim];
        for (int h = 0; h < heads; h++) {
            int from = h / (heads / kvHeads) * headSize;
            double[] weights = new double[t + 1];
            double sum = 0;
            for (int s = 0; s <= t; s++) {
                double score = 0;
                for (int i = 0; i < headSize; i++) {
                    score += q[h * headSize + i] * keys[s][from + i];
                }
                weights[s] = Math.exp(score / Math.sqrt(headSize));
                sum += weights[s];
            }
            for (int s = 0; s <= t; s++) {
                for (int i = 0; i < headSize; i++) {
                    out[h * headSize + i] += weights[s] / sum * values[s][from + i];
                }
            }
        }
        return out;
    }

    /** Neighbouring elements of a head are the pairs that turn. */
    private void rotate(double[] x, int t) {
        for (int i = 0; i < x.length; i += 2) {
            double c = cos[t][i % headSize / 2];
            double s = sin[t][i % headSize / 2];
            double a = x[i];
            double b = x[i + 1];
            x[i] = a * c - b * s;
            x[i + 1] = a * s + b * c;
        }
    }

    private static double[] norm(double[] x, double[] weight) {
        double squares = 0;
        for (double v : x) {
            squares += v * v;
        }
        double scale = 1 / Math.sqrt(squares / x.length + 1e-5);
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = x[i] * scale * weight[i];
        }
        return out;
    }

    private static double[] times(double[][] matrix, double[] x) {
        double[] out = new double[matrix.length];
        for (int r = 0; r < matrix.length; r++) {
            for (int c = 0; c < x.length; c++) {
                out[r] += matrix[r][c] * x[c];
            }
        }
        return out;
    }

    private static void add(double[] x, double[] more) {
        for (int i = 0; i < x.length; i++) {
            x[i] += more[i];
        }
    }
}
