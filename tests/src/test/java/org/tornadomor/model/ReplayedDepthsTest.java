package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.Request;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.Scheduler;

class ReplayedDepthsTest {
    private static final int SEQUENCES = 5;

    /** Three sequences at a time, of different lengths, with pages for fewer: some are set back and computed again. */
    @Test
    void tokensGoAsDeepAsThoseThatWereRecorded() {
        ModelConfig config = ReplayedDepths.config(TinyConfigs.grouped(8, MorConfig.expertChoice(3)));
        byte[][] recorded = new byte[SEQUENCES][];
        byte[][] seen = new byte[SEQUENCES][];
        Random random = new Random(1);
        for (int i = 0; i < SEQUENCES; i++) {
            recorded[i] = new byte[20 + 7 * i];
            seen[i] = new byte[recorded[i].length];
            for (int j = 0; j < recorded[i].length; j++) {
                recorded[i][j] = (byte) (1 + random.nextInt(3));
            }
        }
        ReplayedDepths.replay(recorded);
        for (DepthPolicy policy : new DepthPolicy[] {DepthPolicy.DEPTH_WISE, DepthPolicy.LOCK_STEP}) {
            try (Engine engine = new CpuEngine(1);
                    ParameterSet weights = new ParameterSet(engine, "weights", config)) {
                Checkpoints.initialise(engine, weights, 1);
                DecoderSize size = DecoderSize.full(config, 2, 64, 6);
                DecoderSize three = new DecoderSize(
                        3, 64, 6, 3, size.pageRows(), size.outerPages(), size.blockPages(), size.keys());
                try (Scheduler scheduler = new Scheduler(engine, weights, three, 3, false, policy)) {
                    for (int i = 0; i < SEQUENCES; i++) {
                        scheduler.submit(request(i, seen[i].length), listener(seen[i]));
                    }
                    scheduler.drain();
                }
            }
            for (int i = 0; i < SEQUENCES; i++) {
                assertArrayEquals(recorded[i], seen[i], policy + ", sequence " + i);
                Arrays.fill(seen[i], (byte) 0);
            }
        }
    }

    private static Request request(int i, int length) {
        return new Request(
                new int[] {1}, length, Request.Sampling.GREEDY, i, new int[0], ReplayedDepths.threshold(i), 0);
    }

    private static RequestListener listener(byte[] depths) {
        return new RequestListener() {
            private int position;

            @Override
            public boolean token(int id, int depth) {
                depths[position++] = (byte) depth;
                return true;
            }

            @Override
            public void ended(End reason) {}
        };
    }
}
