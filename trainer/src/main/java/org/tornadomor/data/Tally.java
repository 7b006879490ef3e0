package org.tornadomor.data;

import java.io.Serial;
import java.io.Serializable;

/**
 * What became of the documents of a source that are in no shard, and what those that are spell.
 *
 * @param duplicates left out because the same text came before
 * @param filtered left out for their size
 * @param invalid left out because they cannot be read
 * @param spelled special tokens that the text spells
 * @param firstInvalid what is wrong with one that cannot be read; null where there is none
 */
public record Tally(long duplicates, long filtered, long invalid, long spelled, String firstInvalid)
        implements Serializable {
    /** Of a source of which nothing is known yet. */
    public static final Tally NONE = new Tally(0, 0, 0, 0, null);

    @Serial
    private static final long serialVersionUID = 1;

    /** Both together. The fault that is told is the same whichever of them comes first. */
    public Tally plus(Tally other) {
        boolean mine =
                other.firstInvalid == null || firstInvalid != null && firstInvalid.compareTo(other.firstInvalid) <= 0;
        return new Tally(
                duplicates + other.duplicates,
                filtered + other.filtered,
                invalid + other.invalid,
                spelled + other.spelled,
                mine ? firstInvalid : other.firstInvalid);
    }
}
