package org.tornadomor.model;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.cpu.CpuEngine;

/**
 * Small models computed in double precision by an independent implementation: logits, depths, losses, gradients of all
 * parameters, and twenty steps of AdamW. {@code -Dgolden.dir=DIR} adds the case folders of DIR.
 */
class GoldenTest {
    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        return GoldenCase.tests(() -> new CpuEngine(2), GoldenCase.Tolerances.CPU);
    }
}
