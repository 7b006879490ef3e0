package org.tornadomor.engine.cpu;

import java.util.Objects;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.engine.cpu.basics.Tiles;

/** From logits to the next token. */
final class Sampler {
    private Sampler() {}

    /** See {@link SampleOp.Sample}. */
    static final class Rowwise extends RowwiseOp {
        private final int columns;
        private final IntRows next;
        private final FloatRows logits;
        private final FloatRows settings;
        private final FloatRows uniform;
        private final IntRows history;
        private final IntRows historyLength;
        private final TokenDraw[] draws;

        Rowwise(SampleOp.Sample op, int threads) {
            super(op.rows(), Tiles.FUNCTION * op.logits().columns());
            columns = op.logits().columns();
            next = ints(op.next());
            logits = floats(op.logits());
            settings = floats(op.settings());
            uniform = floats(op.uniform());
            history = ints(op.history());
            historyLength = ints(op.historyLength());
            draws = new TokenDraw[threads];
            for (int i = 0; i < threads; i++) {
                draws[i] = new TokenDraw(columns);
            }
        }

        @Override
        void rows(int from, int to, int worker) {
            TokenDraw draw = draws[worker];
            for (int i = from; i < to; i++) {
                System.arraycopy(logits.values, logits.row(i), draw.logits, 0, columns);
                float penalty = setting(i, SampleOp.PENALTY);
                if (penalty != 1f) {
                    penalise(draw.logits, i, penalty);
                }
                next.set(i, choose(draw, i));
            }
        }

        private int choose(TokenDraw draw, int i) {
            int likeliest = draw.likeliest();
            float temperature = setting(i, SampleOp.TEMPERATURE);
            // Without a finite largest logit there are no probabilities to draw from.
            if (!(temperature > 0f) || !Float.isFinite(draw.logits[likeliest])) {
                return likeliest;
            }
            draw.limit((int) setting(i, SampleOp.TOP_K), setting(i, SampleOp.TOP_P), setting(i, SampleOp.MIN_P));
            return draw.draw(draw.logits[likeliest], temperature, uniform.get(i));
        }

        private float setting(int row, int column) {
            return settings.values[settings.row(row) + column];
        }

        /** Starts from the original logit, so that a token that stands in the history twice is not penalised twice. */
        private void penalise(float[] scratch, int row, float penalty) {
            int historyAt = history.row(row);
            int logitsAt = logits.row(row);
            int length = historyLength.get(row);
            for (int j = 0; j < length; j++) {
                int id = history.values[historyAt + j];
                float logit = logits.values[logitsAt + Objects.checkIndex(id, columns)];
                scratch[id] = logit > 0f ? logit / penalty : logit * penalty;
            }
        }
    }
}
