package org.tornadomor.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A claim beside what came out, in one size and at one budget. Losses are routed as in generation, and models are compared seed
 * by seed: those of one seed see the same samples in the same order.
 *
 * @param loss of the model that is expected to be the best
 * @param others those of the other models that have results, the lowest mean first
 */
record Verdict(Claim claim, String size, double budget, Interval loss, List<Other> others) {
    /**
     * A model that is expected to be worse.
     *
     * @param above its loss minus that of the best, over the seeds that both have
     * @param worse in how many of those seeds it is worse
     */
    record Other(String model, Interval loss, Interval above, long worse) {}

    /** Compares where the best and at least one other have results. */
    static List<Verdict> of(List<Claim> claims, List<CellResult> cells) {
        List<Verdict> verdicts = new ArrayList<>();
        List<String> sizes = cells.stream().map(CellResult::size).distinct().toList();
        List<Double> budgets =
                cells.stream().map(CellResult::budget).distinct().sorted().toList();
        for (Claim claim : claims) {
            for (String size : sizes) {
                for (double budget : budgets) {
                    List<CellResult> here = cells.stream()
                            .filter(cell -> cell.size().equals(size) && cell.budget() == budget)
                            .toList();
                    Verdict verdict = of(claim, size, budget, here);
                    if (!verdict.others.isEmpty()) {
                        verdicts.add(verdict);
                    }
                }
            }
        }
        return verdicts;
    }

    private static Verdict of(Claim claim, String size, double budget, List<CellResult> here) {
        List<CellResult> best = of(claim.best(), here);
        List<Other> others = new ArrayList<>();
        for (String model : claim.among()) {
            List<CellResult> other = of(model, here);
            double[] above = other.stream()
                    .flatMapToDouble(one -> best.stream()
                            .filter(its -> its.seed() == one.seed())
                            .mapToDouble(its -> one.lossCausal() - its.lossCausal()))
                    .toArray();
            if (above.length > 0) {
                long worse = Arrays.stream(above).filter(a -> a > 0).count();
                others.add(new Other(model, loss(other), Interval.of(above), worse));
            }
        }
        others.sort(Comparator.comparingDouble(other -> other.above.mean()));
        return new Verdict(claim, size, budget, loss(best), others);
    }

    private static List<CellResult> of(String model, List<CellResult> cells) {
        return cells.stream().filter(cell -> cell.model().equals(model)).toList();
    }

    private static Interval loss(List<CellResult> cells) {
        return Interval.of(cells.stream().mapToDouble(CellResult::lossCausal).toArray());
    }

    /** The verdict in one line. */
    String text() {
        Other nearest = others.getFirst();
        if (nearest.above.mean() <= 0) {
            return "does not hold: " + nearest.model + " has a loss of " + nearest.loss.text("%.4f") + ", lower by "
                    + new Interval(-nearest.above.mean(), nearest.above.half(), nearest.above.count()).text("%.4f")
                    + ", in " + (nearest.above.count() - nearest.worse) + " of " + seeds(nearest.above.count())
                    + told(nearest.above);
        }
        boolean always = others.stream().allMatch(other -> other.worse == other.above.count());
        String word =
                others.getFirst().above.count() < 2 ? "holds for the one seed" : always ? "holds" : "holds on average";
        Other closest = others.stream()
                .filter(other -> always || other.worse < other.above.count())
                .findFirst()
                .orElse(nearest);
        return word + ": the nearest, " + closest.model + ", has a loss higher by " + closest.above.text("%.4f")
                + ", in " + closest.worse + " of " + seeds(closest.above.count()) + told(closest.above);
    }

    /** Whether the spread over the seeds leaves a doubt. */
    private static String told(Interval above) {
        return above.known() && above.half() >= Math.abs(above.mean())
                ? ", which so few seeds do not tell from zero"
                : "";
    }

    private static String seeds(long count) {
        return String.format(Locale.ROOT, count == 1 ? "%d seed" : "%d seeds", count);
    }
}
