package org.tornadomor.model;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;

/** Attention inside documents on a device: one model of each router against the double-precision reference. */
@Tag("device")
class DocumentAttentionDeviceTest {
    private static final double TOLERANCE = 2e-4;
    private static final double GRADIENT = 1e-3;

    @TestFactory
    Stream<DynamicTest> oneModelOfEachRouter() {
        MorConfig hybrid =
                MorConfig.expertChoice(3).toBuilder().kv(KvMode.HYBRID).build();
        return Stream.of(
                        TinyConfigs.grouped(2, null),
                        TinyConfigs.grouped(5, MorConfig.expertChoice(3)),
                        TinyConfigs.multiHead(5, hybrid),
                        TinyConfigs.grouped(5, MorConfig.tokenChoice(3)))
                .map(config -> DynamicTest.dynamicTest(RandomModels.describe(config), () -> {
                    try (Engine engine =
                                    new TornadoEngine(EngineOptions.standard().withChecks());
                            TinyModel model = DocumentAttentionTest.decisive(engine, config)) {
                        DocumentAttentionTest.compare(model, TOLERANCE, GRADIENT);
                    }
                }));
    }
}
