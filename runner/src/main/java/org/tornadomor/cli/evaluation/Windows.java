package org.tornadomor.cli.evaluation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Pieces of text cut into windows: the first takes the first T tokens of a piece and predicts the ones that follow, the next goes
 * on behind it, the last is shorter. Windows of one length come together, a batch at a time.
 */
public final class Windows {
    private final List<Window> windows = new ArrayList<>();
    private final int batch;
    private final int[] inputs;
    private final int[] targets;
    private long tokens;
    private long scored;
    private int first;
    private int sequences;
    private int length;

    /** The tokens [from, from + length) of a piece; each predicts the token after it. */
    private record Window(EvaluationText.Piece piece, int from, int length) {}

    /**
     * @param batch windows at a time at most
     * @param context T
     */
    Windows(List<EvaluationText.Piece> pieces, int batch, int context) {
        this.batch = batch;
        inputs = new int[batch * context];
        targets = new int[batch * context];
        for (EvaluationText.Piece piece : pieces) {
            cut(piece, context);
        }
        windows.sort(Comparator.comparingInt((Window window) -> -window.length));
    }

    private void cut(EvaluationText.Piece piece, int context) {
        int last = piece.ids().length - 1;
        for (int from = 0; from < last; from += context) {
            int count = Math.min(context, last - from);
            windows.add(new Window(piece, from, count));
            tokens += count;
            for (int i = from + 1; i <= from + count; i++) {
                scored += piece.targets()[i] >= 0 ? 1 : 0;
            }
        }
    }

    /** The tokens that run through the model. */
    long tokens() {
        return tokens;
    }

    /** The tokens that are predicted. */
    long scored() {
        return scored;
    }

    /** Begins again. */
    void rewind() {
        first = 0;
    }

    /** Puts the next batch together. @return whether there is one */
    boolean next() {
        if (first == windows.size()) {
            return false;
        }
        length = windows.get(first).length;
        for (sequences = 0;
                sequences < batch
                        && first + sequences < windows.size()
                        && windows.get(first + sequences).length == length;
                sequences++) {
            Window window = windows.get(first + sequences);
            System.arraycopy(window.piece.ids(), window.from, inputs, sequences * length, length);
            System.arraycopy(window.piece.targets(), window.from + 1, targets, sequences * length, length);
        }
        first += sequences;
        return true;
    }

    /** Windows of this batch. */
    int sequences() {
        return sequences;
    }

    /** Tokens of each. */
    int length() {
        return length;
    }

    /** Tokens of the batch. */
    int count() {
        return sequences * length;
    }

    /** The tokens, window after window. */
    int[] inputs() {
        return inputs;
    }

    /** What follows each; negative where it is given. */
    int[] targets() {
        return targets;
    }
}
