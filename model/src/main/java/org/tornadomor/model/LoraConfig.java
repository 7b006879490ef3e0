package org.tornadomor.model;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.tornadomor.UserError;

/**
 * The {@code mor.lora} object of {@code config.json}: each layer of a recursion adds low-rank factors of its own to the
 * matrices that it shares, {@code y = W x + B (A x)} (depth-wise LoRA, arXiv 2410.20672, section 3.3). There is no scale: the
 * product of the factors is added as it is.
 *
 * @param rank r, at least 1; a matrix whose full rank is smaller has factors of its full rank
 * @param targets the maps that have factors, in the order of the enum, each once
 */
public record LoraConfig(int rank, List<LoraTarget> targets) {
    /** Every map of a layer. */
    public static final List<LoraTarget> ALL = List.of(LoraTarget.values());

    /** @throws UserError naming the key, the cause and the fix */
    public LoraConfig {
        Checks.positive("mor.lora.rank", rank);
        if (targets.isEmpty()) {
            throw new UserError("mor.lora.targets is empty; name some of " + Spelled.spellings(LoraTarget.class));
        }
        if (EnumSet.copyOf(targets).size() < targets.size()) {
            throw new UserError("mor.lora.targets names a map twice; name each once");
        }
        targets = List.copyOf(EnumSet.copyOf(targets));
    }

    /** The rank of a map's factors: no more than its matrix can have. */
    public int rank(ModelConfig config, LoraTarget target) {
        return Math.min(rank, target.fullRank(config));
    }

    /** Refuses a rank that no target can have. */
    void requireFits(LoraTarget.Widths widths) {
        LoraTarget largest = targets.stream()
                .max((one, other) -> Integer.compare(one.fullRank(widths), other.fullRank(widths)))
                .orElseThrow();
        if (rank > largest.fullRank(widths)) {
            throw new UserError("mor.lora.rank " + rank + " is larger than the matrices have; "
                    + largest.spelling() + " is " + largest.outputs(widths) + " x "
                    + largest.site().inputs(widths) + ", so use at most " + largest.fullRank(widths));
        }
    }

    /**
     * The targets that have factors in layer {@code l}: none outside of recursions, and no keys or values where the layer has
     * none of its own.
     */
    public static List<LoraTarget> targets(ModelConfig config, LayerMap map, int l) {
        if (config.lora() == null || map.recursion(l) == 0) {
            return List.of();
        }
        return targets(config, projectsKeys(config, map, l));
    }

    /** Whether layer {@code l} has keys and values of its own. */
    public static boolean projectsKeys(ModelConfig config, LayerMap map, int l) {
        return map.kvSource(l) == l || config.kv() == KvMode.HYBRID;
    }

    /** The targets of a layer of a recursion. @param projectsKeys whether it has keys and values of its own */
    static List<LoraTarget> targets(ModelConfig config, boolean projectsKeys) {
        return config.lora().targets().stream()
                .filter(target -> projectsKeys || target != LoraTarget.K && target != LoraTarget.V)
                .toList();
    }

    /** Those of the targets that read at a place. */
    static List<LoraTarget> at(LoraSite site, List<LoraTarget> targets) {
        return targets.stream().filter(target -> target.site() == site).toList();
    }

    /** The sum of the ranks of all targets of a place, for the place where it is largest. */
    static int widest(ModelConfig config) {
        return Arrays.stream(LoraSite.values())
                .mapToInt(site -> total(config, at(site, config.lora().targets())))
                .max()
                .orElse(0);
    }

    /** The sum of the ranks of some targets. */
    static int total(ModelConfig config, List<LoraTarget> targets) {
        return targets.stream()
                .mapToInt(target -> config.lora().rank(config, target))
                .sum();
    }

    /** The elements of the factors of layer {@code l}. */
    static long elements(ModelConfig config, LayerMap map, int l) {
        return targets(config, map, l).stream()
                .mapToLong(target ->
                        (long) config.lora().rank(config, target) * (target.inputs(config) + target.outputs(config)))
                .sum();
    }
}
