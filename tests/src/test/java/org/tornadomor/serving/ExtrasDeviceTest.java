package org.tornadomor.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.Request.Sampling;

/** What goes over the host, and min-p: a device gives what the CPU engine gives. */
@Tag("device")
class ExtrasDeviceTest {
    private static List<Request> requests() {
        Extras[] extras = {
            Extras.NONE,
            new Extras(Map.of(3, 2.0), 0.3, 0.2, -1, false, false),
            new Extras(Map.of(), 0, 0, 2, true, false),
            new Extras(Map.of(9, -100.0), 0.5, 0, 1, true, false)
        };
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < extras.length; i++) {
            Sampling sampling = i == 2 ? Sampling.GREEDY : new Sampling(0.9, 0, 1, 0.1, i == 1 ? 1.2 : 1);
            requests.add(new Request(new int[] {1, 9, 4, i}, 6, sampling, i, new int[0], 0.5, 0, extras[i]));
        }
        return requests;
    }

    private static List<Heard> decode(Engine engine) {
        ModelConfig config = Requests.config(0);
        try (ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 5);
            DecoderSize size = DecoderSize.full(config, 3, 16, 40).withLogitRows(5);
            try (Scheduler scheduler = new Scheduler(engine, weights, size, 4, false, DepthPolicy.DEPTH_WISE)) {
                List<Heard> heard = new ArrayList<>();
                for (Request request : requests()) {
                    heard.add(new Heard(1000));
                    scheduler.submit(request, heard.getLast());
                }
                scheduler.drain();
                return heard;
            }
        }
    }

    @Test
    void aDeviceGivesWhatTheCpuGives() {
        try (Engine cpu = new CpuEngine(1);
                Engine device = new TornadoEngine(EngineOptions.standard().withChecks())) {
            List<Heard> expected = decode(cpu);
            List<Heard> got = decode(device);
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(6, expected.get(i).ids.size());
                got.get(i).assertSame(expected.get(i), "request " + i);
            }
        }
    }
}
