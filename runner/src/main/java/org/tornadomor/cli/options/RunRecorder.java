package org.tornadomor.cli.options;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.AsideFile;
import org.tornadomor.report.ReportPage;
import org.tornadomor.report.RunData;
import org.tornadomor.report.RunRecord;
import org.tornadomor.report.SampleWriter;
import org.tornadomor.trainer.EvalMetrics;
import org.tornadomor.trainer.ExchangeLog;
import org.tornadomor.trainer.ExchangeMetrics;
import org.tornadomor.trainer.StepMetrics;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingListener;
import org.tornadomor.trainer.TrainingSummary;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Writes the story of a run into its folder while it goes on: {@code run.json}, {@code train.log}, {@code samples.jsonl} and
 * {@code report.html}. A run does not end because one of these cannot be written; it says so and goes on.
 */
public final class RunRecorder implements TrainingListener {
    static final String LOG_FILE = "train.log";
    public static final String REPORT_FILE = "report.html";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss  ", Locale.ROOT);

    /** After writing a report, this many times the time that it took passes before the next one. */
    private static final int REPORT_SHARE = 20;

    /** Hears all events too. */
    private final TrainingListener view;

    private final Engine engine;
    private final List<String> arguments;
    private final List<String> early = new ArrayList<>();
    private final Set<String> told = new HashSet<>();
    private Trainer trainer;
    private Path folder;
    private PrintWriter file;
    private TrainingView log;
    private RunRecord record;
    private SampleWriter samples;
    private ExchangeLog exchanges;
    private String outcome;
    private long nextReport;

    private RunRecorder(TrainingListener view, Engine engine, List<String> arguments) {
        this.view = view;
        this.engine = engine;
        this.arguments = arguments;
    }

    /** Records what a command does. */
    public static RunRecorder of(CommandSpec command, Engine engine, TrainingListener view) {
        return new RunRecorder(
                view, engine, command.root().commandLine().getParseResult().originalArgs());
    }

    /** Runs a trainer that has this as its listener, and records how it ends. */
    public TrainingSummary run(Trainer watched) {
        trainer = watched;
        try {
            TrainingSummary summary = trainer.run();
            outcome = (summary.finished() ? "finished after " : "stopped after ") + Counts.of(summary.step(), "step");
            log(TrainingView.describe(summary));
            return summary;
        } catch (RuntimeException | Error e) {
            String message = e instanceof UserError ? e.getMessage() : e.toString();
            outcome = "failed: " + message;
            log(message);
            throw e;
        } finally {
            finish();
        }
    }

    @Override
    public void started(Start start) {
        folder = start.folder();
        attempt(() -> {
            file = open(folder.resolve(LOG_FILE));
            log = TrainingView.plain(file);
        });
        early.forEach(this::log);
        early.clear();
        view.started(start);
        if (log != null) {
            log.started(start);
        }
        attempt(() ->
                record = RunRecord.begin(folder, start.firstStep(), Environment.facts(arguments, start.engine())));
        exchanges = new ExchangeLog(folder, start.firstStep() - 1, this::message);
        attempt(() -> samples = new SampleWriter(
                engine, trainer, folder, start.config().samples(), start.firstStep() - 1, this::message));
    }

    /** A writer that begins each line with the time, and has it on the disk when the line ends. */
    private static PrintWriter open(Path path) {
        try {
            return new PrintWriter(
                    Files.newBufferedWriter(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND), true) {
                @Override
                public void print(String text) {
                    super.print(LocalDateTime.now().format(TIME) + text);
                }
            };
        } catch (IOException e) {
            throw UserError.file("write", path, e);
        }
    }

    @Override
    public void step(StepMetrics metrics, double progress) {
        view.step(metrics, progress);
        if (log != null) {
            log.step(metrics, progress);
        }
    }

    @Override
    public void exchanged(ExchangeMetrics metrics) {
        view.exchanged(metrics);
        if (log != null) {
            log.exchanged(metrics);
        }
        attempt(() -> exchanges.write(metrics));
    }

    @Override
    public void evaluated(EvalMetrics metrics) {
        view.evaluated(metrics);
        if (log != null) {
            log.evaluated(metrics);
        }
        if (samples != null) {
            attempt(() -> samples.write(metrics.step()));
        }
        if (System.nanoTime() - nextReport >= 0) {
            report();
        }
    }

    @Override
    public void saved(long step, Path checkpoint) {
        view.saved(step, checkpoint);
        if (log != null) {
            log.saved(step, checkpoint);
        }
    }

    @Override
    public void message(String text) {
        view.message(text);
        if (folder == null) {
            early.add(text);
        } else {
            log(text);
        }
    }

    private void log(String text) {
        if (log != null) {
            log.message(text);
        }
    }

    private void report() {
        long began = System.nanoTime();
        attempt(() -> AsideFile.writeText(folder.resolve(REPORT_FILE), ReportPage.of(RunData.read(List.of(folder)))));
        long now = System.nanoTime();
        nextReport = now + REPORT_SHARE * (now - began);
    }

    private void attempt(Runnable task) {
        try {
            task.run();
        } catch (UserError e) {
            if (told.add(e.getMessage())) {
                view.message(e.getMessage() + " (the run goes on)");
            }
        }
    }

    /** Writes what is left to write. */
    private void finish() {
        if (folder == null) {
            return;
        }
        if (samples != null) {
            attempt(samples::close);
        }
        if (exchanges != null) {
            attempt(exchanges::close);
        }
        if (record != null && outcome != null) {
            attempt(() -> record.end(outcome));
        }
        report();
        if (file != null) {
            file.close();
        }
    }
}
