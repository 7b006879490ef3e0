package org.tornadomor.model;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;

/** The golden cases on a device: the simulator's, or a real one with an installed TornadoVM. */
@Tag("device")
class GoldenDeviceTest {
    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        return GoldenCase.tests(
                () -> new TornadoEngine(EngineOptions.standard().withChecks()), GoldenCase.Tolerances.DEVICE);
    }
}
