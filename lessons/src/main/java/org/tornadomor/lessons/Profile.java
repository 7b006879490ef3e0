package org.tornadomor.lessons;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.engine.tornado.TransferReport;

/**
 * Where one pass of a model spends its time.
 *
 * @param programs by program: an embedding, the layers of a depth, the head
 * @param kernels by kernel, largest first; none except on the simulator
 * @param depths the last recursion of each token
 */
record Profile(List<Part> programs, List<Part> kernels, int[] depths) {
    /** The op whose rows are a program's tokens. */
    private static final String OF_LAYERS = "Attention";

    /**
     * A part of a pass.
     *
     * @param launches kernels launched; 0 on the CPU engine
     * @param rows that attention went over: the active tokens of all layers of a program; 0 where there is no attention
     * @param accesses elements read or written in device memory; 0 except on the simulator
     * @param nanos in kernels; 0 except on a device
     */
    record Part(String name, long launches, long rows, long accesses, long nanos) {}

    /** Runs a pass and looks at the engine's books before and behind it. */
    static Profile of(Engine engine, ModelPass pass, CountsByKernel counted) {
        engine.counters().reset();
        TransferReport report = engine instanceof TornadoEngine tornado ? tornado.transfers() : null;
        if (report != null) {
            report.reset();
        }
        pass.run();
        Map<String, Long> rows = new LinkedHashMap<>();
        for (Counters.Counter counter : engine.counters().all()) {
            if (counter.runs() > 0) {
                rows.merge(counter.program(), counter.op().equals(OF_LAYERS) ? counter.rows() : 0, Long::sum);
            }
        }
        List<Part> programs = new ArrayList<>();
        if (report == null) {
            rows.forEach((program, count) -> programs.add(new Part(program, 0, count, 0, 0)));
        } else {
            for (TransferReport.Entry entry : report.entries()) {
                if (entry.launches() > 0 && rows.containsKey(entry.name())) {
                    programs.add(
                            new Part(entry.name(), entry.launches(), rows.get(entry.name()), 0, entry.kernelNanos()));
                }
            }
        }
        return new Profile(programs, counted == null ? List.of() : counted.parts(), pass.depths());
    }
}
