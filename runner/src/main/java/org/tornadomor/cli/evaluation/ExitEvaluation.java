package org.tornadomor.cli.evaluation;

import java.io.PrintWriter;
import java.util.List;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.model.Confidence;
import org.tornadomor.model.ExitRule;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Scorer;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Progress;
import org.tornadomor.terminal.TextTable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a model would predict at the end of each recursion, and how early tokens could leave. An oracle lets each token leave at
 * the end of the first recursion whose most probable next token is that of the last recursion (arXiv 2410.20672, section 3.6).
 * The softmax rule (generate --exit softmax) goes by how sure the head is. Each token is computed as if all tokens before it
 * had gone to the end.
 */
final class ExitEvaluation {
    /** Logits that are held at once. */
    private static final int MOST_LOGITS = 16 << 20;

    /** The thresholds that are tried for the softmax rule. */
    private static final double[] THRESHOLDS = {0.5, 0.7, 0.8, 0.9, 0.95, 0.99};

    /** Whether the softmax rule fits the model. */
    private final boolean bySoftmax;

    private final int recursions;
    private final int vocabulary;
    private final double[] losses;
    private final long[] agrees;
    private final long[] leaves;
    /** For each threshold: the recursions of all tokens, and the tokens whose prediction is that of the last recursion. */
    private final long[] softmaxDepth = new long[THRESHOLDS.length];

    private final long[] softmaxAgrees = new long[THRESHOLDS.length];
    private long tokens;

    /** @param config of the model, with two recursions or more */
    ExitEvaluation(ModelConfig config) {
        bySoftmax = ExitRule.fits(ExitRule.By.SOFTMAX, config);
        recursions = config.recursions();
        vocabulary = config.vocabSize();
        losses = new double[recursions];
        agrees = new long[recursions];
        leaves = new long[recursions];
    }

    /** How many windows of so many tokens can run at once without too many logits. */
    static int samples(ModelConfig config, int tokens, int wanted) {
        return Math.clamp(MOST_LOGITS / ((long) config.vocabSize() * tokens), 1, wanted);
    }

    /** Runs all windows to each depth. @param work is told of each batch at each depth */
    void run(
            Scorer scorer,
            List<EvaluationText.Piece> pieces,
            int samples,
            int context,
            Progress progress,
            WorkReport work) {
        Windows windows = new Windows(pieces, samples, context);
        float[] logits = new float[samples * context * vocabulary];
        float[] rowLoss = new float[samples * context];
        int[][] best = new int[recursions][samples * context];
        double[][] sure = new double[recursions][samples * context];
        while (windows.next()) {
            for (int r = 1; r <= recursions; r++) {
                scorer.setMaxDepth(r);
                scorer.score(windows.inputs(), windows.targets(), windows.sequences(), windows.length(), true, logits);
                scorer.losses(rowLoss);
                work.mark("batch to the end of recursion " + r, true);
                for (int i = 0; i < windows.count(); i++) {
                    best[r - 1][i] = largest(logits, i * vocabulary);
                    sure[r - 1][i] = r == recursions ? 1 : Confidence.softmax(logits, i * vocabulary, vocabulary);
                    losses[r - 1] += windows.targets()[i] >= 0 ? rowLoss[i] : 0;
                }
            }
            for (int i = 0; i < windows.count(); i++) {
                if (windows.targets()[i] >= 0) {
                    add(best, i);
                    addSoftmax(best, sure, i);
                }
            }
            progress.advance(windows.count());
        }
    }

    private int largest(float[] logits, int at) {
        int best = 0;
        for (int c = 1; c < vocabulary; c++) {
            best = logits[at + c] > logits[at + best] ? c : best;
        }
        return best;
    }

    private void add(int[][] best, int token) {
        int last = best[recursions - 1][token];
        int first = recursions;
        for (int r = recursions; r >= 1; r--) {
            if (best[r - 1][token] == last) {
                agrees[r - 1]++;
                first = r;
            }
        }
        leaves[first - 1]++;
        tokens++;
    }

    private void addSoftmax(int[][] best, double[][] sure, int token) {
        for (int t = 0; t < THRESHOLDS.length; t++) {
            int r = 1;
            while (sure[r - 1][token] < THRESHOLDS[t]) {
                r++;
            }
            softmaxDepth[t] += r;
            softmaxAgrees[t] += best[r - 1][token] == best[recursions - 1][token] ? 1 : 0;
        }
    }

    private double[] shares(long[] counts) {
        double[] shares = new double[counts.length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = (double) counts[i] / tokens;
        }
        return shares;
    }

    /** The mean recursions of a token under the oracle. */
    double meanDepth() {
        double sum = 0;
        double[] shares = shares(leaves);
        for (int r = 1; r <= recursions; r++) {
            sum += r * shares[r - 1];
        }
        return sum;
    }

    void print(PrintWriter out, Flops flops) {
        TextTable table =
                new TextTable("end of recursion", "loss per token, nats", "agrees with the last", "oracle leaves");
        double[] agreement = shares(agrees);
        double[] exits = shares(leaves);
        for (int r = 1; r <= recursions; r++) {
            table.row(
                    Integer.toString(r),
                    Figures.fixed(losses[r - 1] / tokens),
                    Figures.percentages(agreement[r - 1]),
                    Figures.percentages(exits[r - 1]));
        }
        table.print(out);
        out.println("oracle: mean depth " + Figures.fixed(meanDepth()) + " of " + recursions + ", "
                + Figures.percentages(flops.computeSaved(exits)) + " of the layers' compute saved");
        if (bySoftmax) {
            printSoftmax(out);
        }
    }

    private void printSoftmax(PrintWriter out) {
        TextTable softmax = new TextTable("--exit softmax at", "mean depth", "agrees with the last");
        for (int t = 0; t < THRESHOLDS.length; t++) {
            softmax.row(
                    Double.toString(THRESHOLDS[t]),
                    Figures.fixed((double) softmaxDepth[t] / tokens),
                    Figures.percentages((double) softmaxAgrees[t] / tokens));
        }
        softmax.print(out);
    }

    void addTo(ObjectNode object, Flops flops) {
        ArrayNode ends = object.putArray("exits");
        double[] agreement = shares(agrees);
        double[] exits = shares(leaves);
        for (int r = 1; r <= recursions; r++) {
            ObjectNode end = ends.addObject();
            end.put("recursion", r);
            end.put("loss_per_token", losses[r - 1] / tokens);
            end.put("agreement", agreement[r - 1]);
            end.put("oracle_share", exits[r - 1]);
        }
        object.put("oracle_mean_depth", meanDepth());
        object.put("oracle_compute_saved", flops.computeSaved(exits));
        if (bySoftmax) {
            addSoftmaxTo(object.putArray("softmax_exits"));
        }
    }

    private void addSoftmaxTo(ArrayNode softmax) {
        for (int t = 0; t < THRESHOLDS.length; t++) {
            ObjectNode at = softmax.addObject();
            at.put("threshold", THRESHOLDS[t]);
            at.put("mean_depth", (double) softmaxDepth[t] / tokens);
            at.put("agreement", (double) softmaxAgrees[t] / tokens);
        }
    }
}
