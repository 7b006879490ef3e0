package org.tornadomor.model;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.ElementType;

/** What the weights of a model take in memory, by the type of their matrices. */
public final class WeightMemory {
    private static final List<ElementType> TYPES =
            List.of(ElementType.F32, ElementType.BF16, ElementType.Q8, ElementType.I8);

    private WeightMemory() {}

    /**
     * Bytes by type; a type that cannot hold the rows of all matrices is left out. Norms, biases, routers and low-rank factors are
     * float32 in all.
     */
    public static Map<ElementType, Long> of(ModelConfig config) {
        Map<ElementType, Long> bytes = new EnumMap<>(ElementType.class);
        List<ParameterSpec> specs = ParameterSpecs.of(config);
        for (ElementType type : TYPES) {
            if (specs.stream().allMatch(spec -> !isNarrowed(config, spec) || type.fits(spec.shape()[1]))) {
                bytes.put(
                        type,
                        specs.stream()
                                .mapToLong(spec -> bytes(config, spec, type))
                                .sum());
            }
        }
        return bytes;
    }

    /** Whether a parameter is kept as the type of the matrices: those of embedding, layers and head, not low-rank factors. */
    public static boolean isNarrowed(ModelConfig config, ParameterSpec spec) {
        return spec.group() == ParameterSpec.Group.MATRIX && !config.router().owns(config, spec.name());
    }

    private static long bytes(ModelConfig config, ParameterSpec spec, ElementType type) {
        if (!isNarrowed(config, spec)) {
            return (long) Float.BYTES * spec.elements();
        }
        return (long) type.bytes() * spec.shape()[0] * type.stride(spec.shape()[1]);
    }
}
