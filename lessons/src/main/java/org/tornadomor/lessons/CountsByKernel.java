package org.tornadomor.lessons;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Launches and accesses of each kernel of a model, whichever layer launches it. */
final class CountsByKernel extends Counts {
    private final Map<String, long[]> kernels = new HashMap<>();

    @Override
    protected void launch(Shape shape) {
        super.launch(shape);
        of(shape.task())[0]++;
    }

    @Override
    protected void step(Step step) {
        super.step(step);
        if (!step.memory().local()) {
            of(step.task())[1] += step.elements().length;
        }
    }

    /** Tasks are called by program, kernel and place. */
    private long[] of(String task) {
        String kernel = task.substring(task.indexOf('.') + 1).replaceFirst("_?\\d+$", "");
        return kernels.computeIfAbsent(kernel, k -> new long[2]);
    }

    /** The kernel with the most accesses first. */
    List<Profile.Part> parts() {
        List<Profile.Part> parts = new ArrayList<>();
        kernels.forEach((kernel, sums) -> parts.add(new Profile.Part(kernel, sums[0], 0, sums[1], 0)));
        parts.sort(Comparator.comparingLong(Profile.Part::accesses).reversed().thenComparing(Profile.Part::name));
        return parts;
    }
}
