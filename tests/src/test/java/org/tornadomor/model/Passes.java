package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.tornadomor.model.Closeness.assertClose;

import org.tornadomor.model.ReferenceModel.Choice;
import org.tornadomor.model.ReferenceModel.Result;

/** Runs a {@link TinyModel} on the engine and compares what came out with the reference. */
final class Passes {
    private Passes() {}

    /** One training step: depths and losses. @return the gradients, to be compared */
    static Slopes train(TinyModel model, TrainingPass pass, Choice choice, double tolerance, double slopeTolerance) {
        pass.begin();
        pass.add(model.inputs, model.targets);
        return compare(model, pass, choice, tolerance, slopeTolerance);
    }

    /** The same of a step that was taken already. */
    static Slopes compare(TinyModel model, TrainingPass pass, Choice choice, double tolerance, double slopeTolerance) {
        Result expected = model.run(choice);
        int[] depth = new int[model.inputs.length];
        pass.depths(depth);
        assertArrayEquals(expected.depth, depth, "depths");
        float[] losses = new float[Losses.COUNT];
        pass.losses(losses);
        // A mean over a few tokens may be close to nothing: it is a sum of terms of about 1.
        assertClose("lm", expected.lm, losses[Losses.LM], tolerance, 0.1);
        assertClose("aux", expected.aux, losses[Losses.AUX], tolerance, 1e-3);
        assertClose("balance", expected.balance, losses[Losses.BALANCE], tolerance, 1e-3);
        assertClose("z", expected.z, losses[Losses.Z], tolerance, 1e-4);
        assertClose("aux router", expected.auxRouter, losses[Losses.AUX_ROUTER], tolerance, 1e-3);
        return new Slopes(model, pass, choice, depth, slopeTolerance);
    }

    /** Scores the model's batch: depths, logits and the loss of each token. */
    static void score(TinyModel model, Scorer scorer, Choice choice, double tolerance) {
        String mode = choice.causal() ? "causal" : "train";
        Result expected = model.run(choice);
        float[] logits = new float[model.inputs.length * model.config.vocabSize()];
        scorer.score(model.inputs, model.targets, model.sequences, model.length, choice.causal(), logits);
        int[] depth = new int[model.inputs.length];
        scorer.depths(depth);
        assertArrayEquals(expected.depth, depth, mode + " depths");
        assertClose(mode + " logits", expected.logits, logits, tolerance);
        float[] losses = new float[model.inputs.length];
        scorer.losses(losses);
        assertClose(mode + " losses", new double[][] {expected.rowLoss}, losses, tolerance);
    }
}
