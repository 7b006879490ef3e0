package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.tornadomor.model.ReferenceModel.Choice;
import org.tornadomor.model.ReferenceModel.Result;

/**
 * Compares the gradients of a training pass with central differences of {@link ReferenceModel}'s loss, routing decisions
 * replayed. The auxiliary routers' gradient is that of their own loss.
 */
final class Slopes {
    private static final double STEP = 1e-5;
    /** What differences of a loss of about 3 can resolve, over the step. */
    private static final double NOISE = 1e-9;

    private final TinyModel model;
    private final Choice replay;
    private final double tolerance;
    private final Map<String, float[]> gradients = new HashMap<>();

    /** @param tolerance of a slope along a normal direction, over the norm of the gradient */
    Slopes(TinyModel model, TrainingPass pass, Choice choice, int[] depth, double tolerance) {
        this.model = model;
        this.replay = choice.replaying(depth);
        this.tolerance = tolerance;
        pass.gradients().named().forEach((name, tensor) -> {
            float[] values = new float[tensor.size()];
            model.engine.download(tensor, values, 0);
            gradients.put(name, values);
        });
        assertEquals(model.values.keySet(), gradients.keySet());
    }

    /** Along a random direction of each tensor. */
    void alongEachTensor() {
        for (String name : gradients.keySet()) {
            along(List.of(name), loss(name));
        }
    }

    /** Along one random direction of all tensors at once, and one of the auxiliary routers. */
    void alongAll() {
        for (Predicate<String> group : List.<Predicate<String>>of(Slopes::auxiliary, name -> !auxiliary(name))) {
            List<String> names =
                    gradients.keySet().stream().filter(group).sorted().toList();
            if (!names.isEmpty()) {
                along(names, loss(names.getFirst()));
            }
        }
    }

    /** Element by element. */
    void byElement() {
        gradients.forEach((name, gradient) -> {
            double allowed = tolerance * scale(name) + NOISE;
            double[] direction = new double[gradient.length];
            for (int i = 0; i < gradient.length; i++) {
                direction[i] = 1;
                double expected = difference(Map.of(name, direction), loss(name));
                direction[i] = 0;
                check(name + "[" + i + "]", expected, gradient[i], allowed);
            }
        });
    }

    private static boolean auxiliary(String name) {
        return name.contains("aux_routers");
    }

    private static ToDoubleFunction<Result> loss(String name) {
        return auxiliary(name) ? result -> result.auxRouter : Result::total;
    }

    private void along(List<String> names, ToDoubleFunction<Result> loss) {
        Map<String, double[]> directions = new HashMap<>();
        double slope = 0;
        double squares = 0;
        for (String name : names) {
            SplittableRandom random = new SplittableRandom(name.hashCode());
            float[] gradient = gradients.get(name);
            double[] direction = new double[gradient.length];
            for (int i = 0; i < direction.length; i++) {
                direction[i] = random.nextGaussian();
                slope += gradient[i] * direction[i];
            }
            directions.put(name, direction);
            squares += Math.pow(scale(name), 2);
        }
        double expected = difference(directions, loss);
        check(names.toString(), expected, slope, tolerance * Math.max(Math.sqrt(squares), Math.abs(expected)) + NOISE);
    }

    private static void check(String what, double expected, double slope, double allowed) {
        assertTrue(
                Math.abs(expected - slope) <= allowed,
                () -> "a difference of " + expected + ", a gradient of " + slope + ", off by more than " + allowed
                        + ": " + what);
    }

    /**
     * The norm of a gradient. A bias of keys that are not turned by their positions adds the same to all scores of a row, which changes
     * nothing: what is left of its gradient is rounding, and the matrix beside it says how much.
     */
    private double scale(String name) {
        float[] beside = gradients.get(name.replace("k_proj.bias", "k_proj.weight"));
        return Math.max(norm(gradients.get(name)), norm(beside));
    }

    private static double norm(float[] x) {
        double squares = 0;
        for (float value : x) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares);
    }

    /** The slope of the loss along a direction. */
    private double difference(Map<String, double[]> directions, ToDoubleFunction<Result> loss) {
        Map<String, double[]> before = new HashMap<>();
        directions
                .keySet()
                .forEach(name -> before.put(name, model.values.get(name).clone()));
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
            double step = side == 0 ? -STEP : STEP;
            directions.forEach((name, direction) -> {
                double[] weight = model.values.get(name);
                for (int i = 0; i < weight.length; i++) {
                    weight[i] = before.get(name)[i] + step * direction[i];
                }
            });
            losses[side] = loss.applyAsDouble(model.run(replay));
        }
        before.forEach((name, old) -> System.arraycopy(old, 0, model.values.get(name), 0, old.length));
        return (losses[1] - losses[0]) / (2 * STEP);
    }
}
