package org.tornadomor.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.Checkpoints;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.serving.RequestListener.End;

class ServingLoopTest {
    @Test
    void aRequestIsContinuedAndTheLoopDrains() throws InterruptedException {
        ModelConfig config = new ModelConfig(50, 16, 24, 5, 2, 1, 8, 1e-5, 10000, 64, true, 0.6, MorConfig.expertChoice(3));
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            DecoderSize size = DecoderSize.full(config, 2, 64, 40);
            Scheduler scheduler = new Scheduler(engine, weights, size, 16, true, DepthPolicy.DEPTH_WISE);
            try (ServingLoop loop = new ServingLoop(scheduler, 4)) {
                CountDownLatch over = new CountDownLatch(1);
                End[] end = new End[1];
                int[] tokens = new int[1];
                Request request =
                        new Request(new int[40], 20, Request.Sampling.GREEDY, 0, new int[0], 0.5, 0);
                RequestListener listener = new RequestListener() {
                    @Override
                    public boolean token(int id, int depth) {
                        tokens[0]++;
                        return true;
                    }

                    @Override
                    public void ended(End reason) {
                        end[0] = reason;
                        over.countDown();
                    }
                };
                loop.submit(request, listener);
                assertTrue(over.await(20, TimeUnit.SECONDS));
                assertEquals(End.LENGTH, end[0]);
                assertEquals(20, tokens[0]);
                assertTrue(loop.drain(Duration.ofSeconds(5)));
                assertThrows(ClosingException.class, () -> loop.submit(request, listener));
                assertEquals(20, loop.state().statistics().newTokens());
            }
        }
    }
}
