package org.tornadomor.engine;

import java.util.List;
import org.tornadomor.engine.cpu.CpuEngine;

/** The engines that every op is tested on. */
public final class TestEngines {
    private TestEngines() {}

    /** New engines in groups; the engines of a group must give the same bits. The caller closes them. */
    public static List<List<Engine>> groups() {
        return List.of(List.of(new CpuEngine(1), new CpuEngine(2), new CpuEngine(3)));
    }
}
