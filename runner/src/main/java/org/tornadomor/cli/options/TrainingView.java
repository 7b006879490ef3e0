package org.tornadomor.cli.options;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import org.tornadomor.Counts;
import org.tornadomor.report.Smoother;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.ProgressLine;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.terminal.TerminalPrinter;
import org.tornadomor.trainer.EvalMetrics;
import org.tornadomor.trainer.ExchangeMetrics;
import org.tornadomor.trainer.StepMetrics;
import org.tornadomor.trainer.TrainingListener;
import org.tornadomor.trainer.TrainingSummary;

/** Shows a run to a person: a progress bar on a terminal, a line every few seconds elsewhere. */
public final class TrainingView implements TrainingListener, AutoCloseable {
    private static final long LINE_NANOS = 5_000_000_000L;
    private static final int SMOOTHED_STEPS = 50;

    /** Workers that take so many times the mean are named. */
    private static final double SLOW = 1.3;

    private final PrintWriter err;
    private final boolean terminal;
    private final Smoother loss = new Smoother(SMOOTHED_STEPS);
    private Start start;
    private final ProgressLine progress = new ProgressLine("train", System.err.charset());
    private ProgressBar bar;
    private long began;
    private double progressBefore;
    private long lastLine;
    /** Null without workers. */
    private ExchangeMetrics exchange;

    private long exchangedBytes;

    private TrainingView(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    /** A view on standard error. */
    public static TrainingView on(PrintWriter err) {
        return new TrainingView(err, Terminal.showsProgress());
    }

    /** A view as lines of text. */
    static TrainingView plain(PrintWriter out) {
        return new TrainingView(out, false);
    }

    @Override
    public void started(Start run) {
        start = run;
        began = System.nanoTime();
        line(String.format(
                Locale.ROOT,
                "%s, %s; %,d MiB; %s",
                Counts.of(run.parameters().total(), "parameter"),
                run.config().preset() == null
                        ? "a model of its own"
                        : run.config().preset(),
                run.memoryBytes() >> 20,
                run.engine()));
        line(String.format(
                Locale.ROOT,
                "%s to train on, %s held out; %s a step; run folder %s",
                Counts.of(run.trainingTokens(), "token"),
                run.validationTokens() == 0 ? "nothing" : Figures.grouped(run.validationTokens()),
                Counts.of(run.config().tokensPerStep(), "token"),
                run.folder()));
        if (terminal) {
            bar = bar(run);
        }
    }

    private ProgressBar bar(Start run) {
        boolean timed = run.length().timed();
        return Terminal.bar(progress, text -> write("\r", text))
                .setInitialMax(
                        timed ? (long) run.length().seconds() : run.length().steps())
                .startsFrom(timed ? 0 : run.firstStep() - 1, Duration.ZERO)
                .build();
    }

    @Override
    public void exchanged(ExchangeMetrics metrics) {
        exchange = metrics;
        exchangedBytes += metrics.bytes();
    }

    /** What the last exchange cost, and who was late; nothing without workers. */
    private String exchanges() {
        if (exchange == null) {
            return "";
        }
        String late = exchange.workers() > 1 && exchange.slowness() > SLOW
                ? String.format(
                        Locale.ROOT, ", worker %d takes %.1f times as long", exchange.slowest(), exchange.slowness())
                : "";
        return String.format(
                Locale.ROOT,
                "  %s, %s an exchange, %.0f %% waiting%s",
                Counts.of(exchange.workers(), "worker"),
                Figures.scaled(exchange.bytes()) + "B",
                100 * exchange.waiting(),
                late);
    }

    @Override
    public void step(StepMetrics metrics, double progress) {
        double smoothed = loss.next(metrics.lmLoss());
        if (metrics.step() == start.firstStep()) {
            progressBefore = progress;
            began = System.nanoTime();
        }
        if (bar != null) {
            this.progress.details(details(metrics, smoothed));
            bar.stepTo(
                    start.length().timed() ? (long) (progress * start.length().seconds()) : metrics.step());
        } else if (metrics.step() == start.firstStep() || progress >= 1 || System.nanoTime() - lastLine >= LINE_NANOS) {
            lastLine = System.nanoTime();
            line(String.format(
                    Locale.ROOT,
                    "step %,d (%.1f %%)  loss %.4f  smoothed %.4f  lr %.2e  norm %.2f%s  %,.0f tok/s%s%s",
                    metrics.step(),
                    100 * progress,
                    metrics.lmLoss(),
                    smoothed,
                    metrics.lr(),
                    metrics.gradNorm(),
                    depths("  depths ", metrics.depthShare()),
                    metrics.tokensPerSecond(),
                    exchanges(),
                    left(progress)));
        }
    }

    /** What stands behind the bar, the most important first. */
    private List<String> details(StepMetrics metrics, double smoothed) {
        List<String> details = new ArrayList<>();
        details.add(String.format(Locale.ROOT, "%,.0f tok/s", metrics.tokensPerSecond()));
        details.add(String.format(Locale.ROOT, "loss %.3f", smoothed));
        details.add(
                start.length().timed()
                        ? Counts.of(metrics.step(), "step")
                        : String.format(
                                Locale.ROOT,
                                "%,d of %s",
                                metrics.step(),
                                Counts.of(start.length().steps(), "step")));
        if (metrics.depthShare().size() > 1) {
            details.add(depths("depths ", metrics.depthShare()));
        }
        return details;
    }

    /** Shares of the depths in percent; nothing for a model that has but one. */
    private static String depths(String before, List<Double> shares) {
        return shares.size() < 2
                ? ""
                : shares.stream()
                        .map(share -> String.format(Locale.ROOT, "%.0f", 100 * share))
                        .collect(Collectors.joining("/", before, " %"));
    }

    private String left(double progress) {
        double done = progress - progressBefore;
        if (done <= 0 || progress >= 1) {
            return "";
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        return "  " + Figures.duration(seconds * (1 - progress) / done) + " left";
    }

    @Override
    public void evaluated(EvalMetrics metrics) {
        line(String.format(Locale.ROOT, "step %,d  %s", metrics.step(), describe(metrics)));
    }

    private static String describe(EvalMetrics metrics) {
        String text = String.format(
                Locale.ROOT, "validation loss %.4f, causal %.4f", metrics.valLoss(), metrics.valLossCausal());
        if (metrics.routing() == null) {
            return text;
        }
        return text + depths(", causal depths ", metrics.routing().depthShareCausal());
    }

    /** A whole run in one line. */
    public static String describe(TrainingSummary summary) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s %s, %s in %s",
                summary.finished() ? "finished:" : "stopped after",
                Counts.of(summary.step(), "step"),
                Counts.of(summary.tokens(), "token"),
                Figures.duration(summary.seconds())));
        if (!summary.depthShare().isEmpty()) {
            text.append(String.format(
                    Locale.ROOT,
                    ", %,.0f tokens/s (%.1f GFLOP/s); loss %.4f",
                    summary.tokensPerSecond(),
                    summary.gflopsPerSecond(),
                    summary.lmLoss()));
        }
        if (summary.evaluation() != null) {
            text.append("; ").append(describe(summary.evaluation()));
        }
        return text.toString();
    }

    @Override
    public void saved(long step, Path checkpoint) {
        line(String.format(Locale.ROOT, "step %,d  saved %s", step, checkpoint));
    }

    @Override
    public void message(String text) {
        line(text);
    }

    private void line(String text) {
        String lines = String.join(System.lineSeparator(), Layout.wrap(text, "", "  ", TerminalPrinter.columns(err)));
        write(bar == null ? "" : Terminal.clearLine(), lines + System.lineSeparator());
    }

    /** The bar draws on a thread of its own. */
    private synchronized void write(String control, String text) {
        if (!control.isEmpty()) {
            TerminalPrinter.send(err, control);
        }
        err.print(text);
        err.flush();
    }

    @Override
    public void close() {
        if (exchangedBytes > 0) {
            line("workers were sent and sent " + Figures.scaled(exchangedBytes) + "B in this session");
        }
        if (bar != null) {
            bar.close();
            bar = null;
            write("", System.lineSeparator());
        }
    }
}
