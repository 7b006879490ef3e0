package org.tornadomor.convert;

import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.tornadomor.UserError;

/**
 * Which layers of the original take part in a conversion: some are left out where their number does not divide.
 *
 * @param option that names the layers, for errors; null keeps all
 * @param text numbers from 0 and ranges of them separated by commas, such as {@code 0-3,7}, or {@code even:N} for N evenly
 *     spaced ones with the first and the last among them
 * @param keep whether the named layers are kept; else they are dropped
 */
public record LayerSelection(String option, String text, boolean keep) {
    /** Every layer. */
    public static final LayerSelection ALL = new LayerSelection(null, "", false);

    private static final Pattern RANGE = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
    private static final Pattern EVEN = Pattern.compile("even:(\\d{1,5})");

    /**
     * The layers that stay, in order.
     *
     * @param layers of the original
     * @throws UserError if the text is malformed, names a layer that does not exist, or leaves nothing
     */
    public List<Integer> of(int layers) {
        if (option == null) {
            return IntStream.range(0, layers).boxed().toList();
        }
        Matcher even = EVEN.matcher(text.strip());
        if (even.matches()) {
            return evenly(Integer.parseInt(even.group(1)), layers);
        }
        TreeSet<Integer> named = named(layers);
        List<Integer> kept = IntStream.range(0, layers)
                .filter(l -> named.contains(l) == keep)
                .boxed()
                .toList();
        if (kept.isEmpty()) {
            throw new UserError(option + " " + text + " leaves no layer of " + layers + "; leave some");
        }
        return kept;
    }

    private List<Integer> evenly(int count, int layers) {
        int kept = keep ? count : layers - count;
        if (kept < 1 || kept > layers) {
            throw new UserError(
                    option + " " + text + " leaves " + kept + " of " + layers + " layers; leave 1 to " + layers);
        }
        return Initialisation.evenly(kept, 0, layers - 1);
    }

    private TreeSet<Integer> named(int layers) {
        TreeSet<Integer> named = new TreeSet<>();
        for (String part : text.split(",", -1)) {
            Matcher range = RANGE.matcher(part.strip());
            if (!range.matches()) {
                throw new UserError(option + " has '" + part.strip()
                        + "'; give numbers and ranges of layers such as 0-3,7, or even:N");
            }
            int from = Integer.parseInt(range.group(1));
            int to = range.group(2) == null ? from : Integer.parseInt(range.group(2));
            if (from > to || to >= layers) {
                throw new UserError(option + " names layer " + part.strip() + " of a model that has the layers 0 to "
                        + (layers - 1) + "; name some of these");
            }
            IntStream.rangeClosed(from, to).forEach(named::add);
        }
        return named;
    }
}
