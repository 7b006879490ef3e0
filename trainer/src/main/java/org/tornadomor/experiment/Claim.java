package org.tornadomor.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.UserError;

/**
 * What is expected of some models: that one is the best of them.
 *
 * @param text in words
 * @param best the model that is expected to have the lowest loss
 * @param among the others
 */
public record Claim(String text, String best, List<String> among) {
    private static final List<String> KEYS = List.of("claim", "best", "among");

    /**
     * Reads a list of claims.
     *
     * @param value as YAML has it; null is none
     * @param models that exist
     * @throws UserError naming the claim, the cause and the fix
     */
    static List<Claim> of(Object value, Set<String> models) {
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            throw new UserError(
                    "claims is " + value + "; give a list of claims, each with the keys " + String.join(", ", KEYS));
        }
        List<Claim> claims = new ArrayList<>();
        for (Object entry : list) {
            claims.add(one("claims[" + claims.size() + "]", entry, models));
        }
        return List.copyOf(claims);
    }

    private static Claim one(String path, Object entry, Set<String> models) {
        if (!(entry instanceof Map<?, ?> map) || !map.keySet().equals(Set.copyOf(KEYS))) {
            throw new UserError(
                    path + " is " + entry + "; give it the keys " + String.join(", ", KEYS) + ", and no others");
        }
        if (!(map.get("among") instanceof List<?> among) || among.isEmpty()) {
            throw new UserError(path + ".among is " + map.get("among") + "; give a list of models");
        }
        String best = String.valueOf(map.get("best"));
        List<String> others = among.stream().map(String::valueOf).distinct().toList();
        requireModel(path + ".best", best, models);
        for (String other : others) {
            requireModel(path + ".among", other, models);
            if (other.equals(best)) {
                throw new UserError(path + ".among has " + best + ", which is the best already; name the others");
            }
        }
        return new Claim(String.valueOf(map.get("claim")), best, others);
    }

    private static void requireModel(String path, String name, Set<String> models) {
        if (!models.contains(name)) {
            throw new UserError(path + " has '" + name + "', which is no model of the grid; there are "
                    + String.join(", ", models));
        }
    }
}
