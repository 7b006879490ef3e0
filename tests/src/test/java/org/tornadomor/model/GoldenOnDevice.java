package org.tornadomor.model;

import java.nio.file.Path;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;

/**
 * Golden cases on the device that TornadoVM takes, for {@code scripts/check-devices}, where no test runner fits between a device and
 * what watches over it. Arguments: steps of training, then case folders. Ends with 1 at the first case that is wrong.
 */
final class GoldenOnDevice {
    private GoldenOnDevice() {}

    public static void main(String[] args) {
        int steps = Integer.parseInt(args[0]);
        for (int i = 1; i < args.length; i++) {
            Path folder = Path.of(args[i]);
            long start = System.nanoTime();
            try (TornadoEngine engine =
                    new TornadoEngine(EngineOptions.standard().withChecks())) {
                if (i == 1) {
                    System.out.println(engine.describe());
                }
                new GoldenCase(engine, folder, GoldenCase.Tolerances.DEVICE).check(steps);
            } catch (AssertionError e) {
                System.out.println(folder.getFileName() + ": WRONG: " + e.getMessage());
                System.exit(1);
            }
            System.out.printf("%s: right, %.0f s%n", folder.getFileName(), (System.nanoTime() - start) * 1e-9);
        }
    }
}
