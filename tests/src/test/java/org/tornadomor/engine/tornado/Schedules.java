package org.tornadomor.engine.tornado;

import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** The device twice: with the kernels' schedules for its kind, and with those for an accelerator. */
final class Schedules implements AutoCloseable {
    private final List<TornadoEngine> engines;

    Schedules() {
        EngineOptions options = EngineOptions.standard().withChecks();
        engines = List.of(new TornadoEngine(options), new TornadoEngine(options.withGroups()));
    }

    /** Runs a test of one op with each. */
    void each(long seed, Consumer<OpTwin> test) {
        for (TornadoEngine engine : engines) {
            try (OpTwin twin = new OpTwin(engine, new Random(seed))) {
                test.accept(twin);
            }
        }
    }

    @Override
    public void close() {
        engines.forEach(TornadoEngine::close);
    }
}
