package org.tornadomor.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.cli.options.ExitOptions;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.ModelOptions;
import org.tornadomor.cli.options.ServingOptions;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.files.InputFile;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.server.ModelServer;
import org.tornadomor.server.ServedModel;
import org.tornadomor.server.ServerSettings;
import org.tornadomor.terminal.StopOnSignal;
import org.tornadomor.terminal.TerminalPrinter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tornado-mor serve}: answers OpenAI's clients over HTTP, until it is told to stop. */
@Command(
        name = "serve",
        description = {
            "Serves a model over HTTP, as OpenAI's clients expect it, with a page to try it.",
            "Requests are decoded together, each as if it were alone. It listens at once and answers 503 while the model"
                    + " is loaded; the access log goes to standard error, a line for each request.",
            "Ctrl-C and SIGTERM let running requests finish for --drain seconds; it then ends with 0."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor serve runs/demo",
            "  tornado-mor serve --model runs/demo --port 0 --weights int8 --kv bfloat16",
            "  tornado-mor serve --model smollm-135m-q8_0.gguf",
            "  tornado-mor serve --model llama --host 0.0.0.0 --api-key-file key.txt --max-sequences 32 --kv-memory 4G",
            "  tornado-mor serve --model runs/demo --chat-template plain --cors https://chat.example.org",
            "  curl localhost:8080/v1/completions -H 'Content-Type: application/json' -d '{\"prompt\": \"public class \"}'",
        })
final class ServeCommand implements Runnable {
    private static final int MOST_PORT = 65535;
    private static final int LOOK_MILLIS = 500;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Mixin
    private ServingOptions serving;

    @Mixin
    private ExitOptions exits;

    @Option(
            names = "--model-name",
            paramLabel = "NAME",
            description = "What clients call the model. Default: the name of its folder or file.")
    private String name;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Listen there; 0.0.0.0 for everybody who reaches this machine. Default: ${DEFAULT-VALUE}.")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Listen at this port, 0 for a free one; a line on standard error says which."
                    + " Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "A file with a key that clients have to send as 'Authorization: Bearer KEY'. Default: none.")
    private Path keyFile;

    @Option(
            names = "--cors",
            paramLabel = "ORIGIN",
            description = "Let pages of this origin use the server, such as https://chat.example.org; * for all. May be"
                    + " given several times. Default: only the page of the server itself.")
    private List<String> origins = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "A request may take so long, its time in the queue included. Default: ${DEFAULT-VALUE}.")
    private int timeout;

    @Option(
            names = "--drain",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "When told to stop, let running requests go on for so long. Default: ${DEFAULT-VALUE}.")
    private int drain;

    @Option(
            names = "--chat-template",
            paramLabel = "plain|FILE",
            description =
                    "How conversations become text: plain (a line 'ROLE: TEXT' for each message), or a file with a"
                            + " Jinja template. Default: that of the model.")
    private String chatTemplate;

    @Option(names = "--log-prompts", description = "Show the texts of prompts in the log.")
    private boolean logPrompts;

    @Override
    public void run() {
        PrintWriter err = spec.commandLine().getErr();
        serving.check();
        ServerSettings settings = settings();
        UnknownKeys unknown = model.unknown(err);
        try (CheckpointFolder checkpoint = LoadedModel.open(model.path(spec), unknown);
                StopOnSignal signals = StopOnSignal.install(
                        err, "stopping: running requests are finished first; once more ends it at once");
                ModelServer server = ModelServer.start(settings, err)) {
            CountDownLatch stop = new CountDownLatch(1);
            Loading loading = new Loading();
            signals.stops(() -> {
                stop.countDown();
                loading.endIfLoading();
            });
            warn(err);
            say(err, "listening on " + server.uri());
            serve(checkpoint, server, stop, loading, unknown.notes());
        }
    }

    /** Ends the program at once if a signal comes while the model is being loaded: nothing has to be finished first. */
    private static final class Loading {
        private boolean done;

        synchronized void done() {
            done = true;
        }

        synchronized void endIfLoading() {
            if (!done) {
                System.exit(ExitCode.OK);
            }
        }
    }

    private void serve(
            CheckpointFolder checkpoint,
            ModelServer server,
            CountDownLatch stop,
            Loading loading,
            Consumer<String> notes) {
        PrintWriter err = spec.commandLine().getErr();
        try (LoadedModel loaded = LoadedModel.load(checkpoint, model.engine(), model.weights(), notes);
                ServingSetup setup = ServingSetup.of(loaded, serving, nameOf(loaded), model.bos(), chatTemplate, err)) {
            ServedModel served = setup.model().withExit(exits.rule(loaded.config()));
            WorkReport work = WorkReport.of(loaded.engine(), model.engine().reportsTransfers());
            work.mark("loading", false);
            server.serve(served);
            loading.done();
            say(err, setup.describe());
            while (!stop.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                served.loop().state().fault().ifPresent(fault -> {
                    throw new IllegalStateException(fault);
                });
            }
            boolean all = server.drain(Duration.ofSeconds(drain));
            work.mark("serving", false);
            work.print(err);
            say(err, all ? "stopped" : "stopped; some requests were not finished");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ServerSettings settings() {
        if (port < 0 || port > MOST_PORT) {
            throw new UserError("--port " + port + " is no port; give 1 to " + MOST_PORT + ", or 0 for a free one");
        }
        if (timeout < 1) {
            throw new UserError("--timeout " + timeout + " leaves no time; give 1 second or more");
        }
        if (drain < 0) {
            throw new UserError("--drain " + drain + " is negative; give 0 seconds or more");
        }
        return new ServerSettings(
                host,
                port,
                key(),
                origins(),
                Duration.ofSeconds(timeout),
                ServerSettings.MAX_CONNECTIONS,
                ServerSettings.IDLE,
                logPrompts);
    }

    private String key() {
        if (keyFile == null) {
            return null;
        }
        try {
            String key = InputFile.textOrPipe(keyFile).strip();
            if (key.isEmpty() || !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
                throw new UserError(keyFile + " holds no key: one line of letters, digits and signs, without spaces");
            }
            return key;
        } catch (IOException e) {
            throw UserError.file("read", keyFile, e);
        }
    }

    private Set<String> origins() {
        Set<String> all = new LinkedHashSet<>();
        for (String origin : origins) {
            String lower = origin.toLowerCase(Locale.ROOT);
            if (!lower.equals("*") && !lower.matches("[a-z][a-z0-9+.-]*://[^/\\s]+")) {
                throw new UserError("--cors " + origin + " is no origin; write it like https://chat.example.org, or *");
            }
            all.add(lower);
        }
        return all;
    }

    private String nameOf(LoadedModel loaded) {
        if (name != null) {
            if (name.isBlank() || name.chars().anyMatch(Character::isISOControl)) {
                throw new UserError("--model-name '" + name + "' is no name");
            }
            return name;
        }
        Path last = model.path(spec).toAbsolutePath().normalize().getFileName();
        return last == null ? loaded.path().getFileName().toString() : last.toString();
    }

    private void warn(PrintWriter err) {
        if (keyFile == null && !ModelServer.isLoopback(host)) {
            say(
                    err,
                    "warning: whoever reaches " + host + " may use this server, since it asks for no key; give"
                            + " --api-key-file, or leave --host away");
        }
    }

    private static void say(PrintWriter err, String text) {
        err.println(TerminalPrinter.line(err, text));
        err.flush();
    }

    /** When the checkpoint, a folder or a file, was written, in seconds since 1970. */
    static long created(Path checkpoint) {
        Path file = Files.isDirectory(checkpoint) ? checkpoint.resolve(CheckpointFolder.CONFIG_FILE) : checkpoint;
        try {
            return Files.getLastModifiedTime(file).toMillis() / 1000;
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }
}
