package org.tornadomor.trainer;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.model.ParameterSet;

/** A parameter set as one flat vector, the same for all sets of a model. The last places are what a router moves itself. */
final class FlatWeights {
    private final Engine engine;
    private final List<Tensor> spans;
    private final int trained;
    private final int size;

    /** Of weights, gradients or moments; the places of the router's bias are there in each. */
    FlatWeights(Engine engine, ParameterSet set) {
        this.engine = engine;
        spans = new ArrayList<>(set.matrices());
        spans.addAll(set.vectors());
        spans.addAll(set.lowRank());
        spans.addAll(set.auxiliary());
        trained = length(spans);
        if (set.routerBias() != null) {
            spans.add(set.routerBias());
        }
        size = length(spans);
    }

    private static int length(List<Tensor> spans) {
        long length = spans.stream().mapToLong(Tensor::size).sum();
        if (length > Integer.MAX_VALUE - Long.BYTES) {
            throw new UserError(
                    "the model has " + length + " parameters, and a cluster trains up to 2^31: use a smaller one");
        }
        return (int) length;
    }

    /** All places. */
    int size() {
        return size;
    }

    /** The places that the optimiser moves, which come first. */
    int trained() {
        return trained;
    }

    /** Copies all values into {@code target} from {@code at} on. */
    void download(float[] target, int at) {
        int place = at;
        for (Tensor span : spans) {
            engine.download(span, target, place);
            place += span.size();
        }
    }

    /** Copies all values out of {@code source} from {@code from} on. */
    void upload(float[] source, int from) {
        int place = from;
        for (Tensor span : spans) {
            engine.upload(span, source, place);
            place += span.size();
        }
    }
}
