package org.tornadomor.data;

import java.io.Serial;
import java.io.Serializable;
import java.util.List;
import org.tornadomor.UserError;

/**
 * A source and its share of what is trained on.
 *
 * @param spec as {@link TextSources#parse} takes it
 * @param weight relative to the others'; null if sources count by their size
 */
public record WeightedSource(String spec, Double weight) implements Serializable {
    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Reads {@code SPEC} or {@code SPEC=WEIGHT}. If there is a file whose name is the whole text, that file is meant.
     *
     * @throws UserError if a weight is not above 0
     */
    public static WeightedSource parse(String text) {
        int equals = text.lastIndexOf('=');
        if (equals < 1 || TextSources.exists(text)) {
            return new WeightedSource(text, null);
        }
        double weight;
        try {
            weight = Double.parseDouble(text.substring(equals + 1));
        } catch (NumberFormatException e) {
            return new WeightedSource(text, null);
        }
        if (!(weight > 0) || Double.isInfinite(weight)) {
            throw new UserError("the weight of " + text + " is not above 0: write it like notes/=2.5");
        }
        return new WeightedSource(text.substring(0, equals), weight);
    }

    /**
     * Reads several, of which all or none have a weight.
     *
     * @throws UserError if only some have one
     */
    public static List<WeightedSource> parse(List<String> texts) {
        List<WeightedSource> sources = texts.stream().map(WeightedSource::parse).toList();
        long weighted =
                sources.stream().filter(source -> source.weight() != null).count();
        if (weighted != 0 && weighted != sources.size()) {
            throw new UserError(
                    "some sources have a weight and others none: give all of them one, as in jdk=2 notes/=1,"
                            + " or none, and they count by their size");
        }
        return sources;
    }
}
