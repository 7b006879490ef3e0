package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.Scheduler;

/**
 * Prompts that arrive at random (Poisson), at shares of the rate that a model just bears. Prompts and outputs are as long as those of
 * chat traffic: log-normal around means of 161 and 338 tokens, cut at 600 and 400.
 */
final class ServingArrivals {
    private static final int BATCH = 32;
    private static final int CONTEXT = 1024;
    private static final int PREFILL = 64;
    private static final int SATURATING = 48;
    private static final int MEAN_PROMPT = 161;
    private static final int MEAN_OUTPUT = 338;
    private static final int LEAST = 4;
    private static final int MOST_PROMPT = 600;
    private static final int MOST_OUTPUT = 400;
    /** Enough requests for a figure about one in a hundred of them. */
    private static final int ENOUGH = 1000;

    private final ServingModel model;
    private final int[] text;
    private final DecoderSize size;

    ServingArrivals(ServingModel model, Path runs) throws IOException {
        this.model = model;
        text = ServingModel.heldOut(runs, 1, 200_000);
        size = DecoderSize.full(model.config, BATCH, CONTEXT, BATCH + PREFILL * model.config.recursions());
    }

    /** The table that {@link #measure} adds rows to. */
    static Results table(double seconds) {
        return new Results(
                String.format(
                        "Prompts that arrive at random for %.0f s, up to %d at a time, %d rows of prompts a tick",
                        seconds, BATCH, PREFILL),
                "model",
                "load",
                "requests/s",
                "requests",
                "tokens/s",
                "first token p50, s",
                "p95",
                "p99",
                "per token p50, ms",
                "p95",
                "p99",
                "pages in use",
                "most pages in use",
                "rows a tick",
                "rows filled");
    }

    static void notes(List<Integer> requests) {
        int fewest = requests.stream().mapToInt(i -> i).min().orElse(0);
        if (fewest < ENOUGH) {
            Results.note("The 99th percentiles are of as few as " + fewest
                    + " requests, and so little more than the slowest of them.");
        }
        Results.note(
                "Load: the share of the rate at which requests end when one is always waiting; of that row, with all requests"
                        + " there at the beginning, times say nothing. Pages in use: the mean share over the ticks; without kept prefixes, which"
                        + " would fill the rest. Rows filled: the share of the rows that a tick may have that the block ran.");
    }

    /** What one request saw; times in seconds. */
    private static final class Seen implements RequestListener {
        final double arrival;
        double first;
        double last;
        int tokens;

        Seen(double arrival) {
            this.arrival = arrival;
        }

        @Override
        public boolean token(int id, int depth) {
            last = now();
            first = tokens++ == 0 ? last : first;
            return true;
        }

        @Override
        public void ended(End reason) {}
    }

    private static double now() {
        return System.nanoTime() * 1e-9;
    }

    /** Adds the saturated row and one for each load. @return requests of each of the latter */
    List<Integer> measure(Results results, double seconds, double... loads) {
        double saturated = run(results, 0, Double.POSITIVE_INFINITY, seconds);
        List<Integer> requests = new ArrayList<>();
        for (double load : loads) {
            requests.add((int) run(results, load, load * saturated, seconds));
        }
        return requests;
    }

    private void submit(Scheduler scheduler, Random random, Seen seen) {
        int prompt = length(random, MEAN_PROMPT, MOST_PROMPT);
        int output = length(random, MEAN_OUTPUT, MOST_OUTPUT);
        int from = random.nextInt(text.length - prompt);
        int[] ids = Arrays.copyOfRange(text, from, from + prompt);
        scheduler.submit(ServingRun.request(ids, output, random.nextInt(), 0.5), seen);
    }

    private static int length(Random random, int mean, int most) {
        return (int) Math.clamp(Math.exp(Math.log(mean) - 0.5 + random.nextGaussian()), LEAST, most);
    }

    /** @return requests a second if all were there at the beginning, else how many requests came */
    private double run(Results results, double load, double rate, double seconds) {
        boolean saturated = Double.isInfinite(rate);
        Random random = new Random(saturated ? 5 : 6);
        List<Seen> all = new ArrayList<>();
        double pages = 0;
        int mostPages = 0;
        long rowsBefore;
        try (Scheduler scheduler =
                new Scheduler(model.engine, model.weights, size, PREFILL, false, DepthPolicy.DEPTH_WISE)) {
            rowsBefore = rows(scheduler);
            double begin = now();
            for (int i = 0; saturated && i < SATURATING; i++) {
                all.add(new Seen(begin));
                submit(scheduler, random, all.getLast());
            }
            double next = begin;
            while (true) {
                for (double now = now(); !saturated && next <= now && next - begin < seconds; ) {
                    all.add(new Seen(next));
                    submit(scheduler, random, all.getLast());
                    next += -Math.log(1 - random.nextDouble()) / rate;
                }
                if (scheduler.step()) {
                    int used = scheduler.decoder().usedBlockPages()
                            + scheduler.decoder().usedOuterPages();
                    pages += used;
                    mostPages = Math.max(mostPages, used);
                } else if (saturated || next - begin >= seconds) {
                    break;
                } else {
                    Thread.onSpinWait();
                }
            }
            double took = now() - begin;
            double ticks = scheduler.statistics().ticks();
            double rows = (rows(scheduler) - rowsBefore) / ticks;
            double[] first = saturated ? new double[0] : sorted(all, s -> s.first - s.arrival);
            double[] each = sorted(all, s -> 1000 * (s.last - s.first) / (s.tokens - 1));
            double pageCount = size.outerPages() + size.blockPages();
            results.row(
                    model.name,
                    saturated ? "always one waiting" : Double.toString(load),
                    all.size() / took,
                    all.size(),
                    scheduler.statistics().newTokens() / took,
                    at(first, 0.5),
                    at(first, 0.95),
                    at(first, 0.99),
                    at(each, 0.5),
                    at(each, 0.95),
                    at(each, 0.99),
                    pages / ticks / pageCount,
                    mostPages / pageCount,
                    rows,
                    rows / size.rows());
            return saturated ? all.size() / took : all.size();
        }
    }

    private long rows(Scheduler scheduler) {
        return LongStream.of(ServingRun.rows(scheduler, model)).sum();
    }

    private static double[] sorted(List<Seen> all, ToDoubleFunction<Seen> value) {
        return all.stream()
                .filter(s -> s.tokens > 1)
                .mapToDouble(value)
                .sorted()
                .toArray();
    }

    private static double at(double[] sorted, double share) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)];
    }
}
