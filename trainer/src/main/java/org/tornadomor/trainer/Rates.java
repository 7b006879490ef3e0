package org.tornadomor.trainer;

import java.util.EnumMap;
import java.util.Map;
import org.tornadomor.model.ParameterGroup;

/**
 * Learning rates of groups of parameters, as factors of the run's rate; the factor of all other groups is 1.
 *
 * @param embedding the embedding, and the head where it is a matrix of its own
 * @param shared layers that recursions share
 * @param lora low-rank factors
 * @param routers routers, but for auxiliary ones
 */
public record Rates(double embedding, double shared, double lora, double routers) {
    static final Rates EVEN = new Rates(1, 1, 1, 1);

    public Rates {
        TrainingConfig.positive("optimizer.rates.embedding", embedding);
        TrainingConfig.positive("optimizer.rates.shared", shared);
        TrainingConfig.positive("optimizer.rates.lora", lora);
        TrainingConfig.positive("optimizer.rates.routers", routers);
    }

    Map<ParameterGroup, Float> byGroup() {
        Map<ParameterGroup, Float> rates = new EnumMap<>(ParameterGroup.class);
        rates.put(ParameterGroup.EMBEDDING, (float) embedding);
        rates.put(ParameterGroup.SHARED, (float) shared);
        rates.put(ParameterGroup.UNIQUE, 1f);
        rates.put(ParameterGroup.LORA, (float) lora);
        rates.put(ParameterGroup.ROUTERS, (float) routers);
        return rates;
    }
}
