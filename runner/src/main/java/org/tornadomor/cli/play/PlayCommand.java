package org.tornadomor.cli.play;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.KvOption;
import org.tornadomor.cli.options.ModelOptions;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.SamplingOptions;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.InputFile;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.language.GenerationOptions;
import org.tornadomor.language.LanguageModel;
import org.tornadomor.language.ModelFolders;
import org.tornadomor.template.ChatTemplate;
import org.tornadomor.template.TemplateException;
import org.tornadomor.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tornado-mor play}: a conversation in the terminal. */
@Command(
        name = "play",
        description = {
            "Talks with a model that has a chat template, and lets others continue what is typed. Tokens come with the colour of"
                    + " their recursion depth.",
            "On a terminal: Alt-Enter or a backslash at the end goes on in a new line, the arrow keys bring back earlier"
                    + " inputs, Ctrl-C stops an answer, and twice at the prompt it leaves. /help lists what can be changed on the"
                    + " way.",
            "Without a terminal each line of standard input is an input, and standard output has the texts alone."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor play runs/demo",
            "  tornado-mor play --model runs/demo --threshold 0.3 --temperature 0.5",
            "  tornado-mor play --model llama --system 'Answer in one sentence.'",
            "  tornado-mor play --model llama --chat-template none",
            "  tornado-mor play --model smollm-135m-instruct-q8_0.gguf",
            "  echo 'public class ' | tornado-mor play --model runs/demo",
        })
public final class PlayCommand implements Callable<Integer> {
    private static final String SYSTEM = "--system";

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Mixin
    private KvOption kv;

    @Mixin
    private SamplingOptions sampling;

    @Option(
            names = "--chat-template",
            paramLabel = "WHICH",
            description =
                    "How a conversation becomes a prompt: plain (a line 'user: ...' for each message), none (inputs"
                            + " are continued), or a file with a template. Default: the model's own, and none where it has none.")
    private String template;

    @Option(names = SYSTEM, paramLabel = "TEXT", description = "What the model is told before the conversation.")
    private String system;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        sampling.requireEffect(spec);
        GenerationOptions asked = sampling.options();
        Optional<ChatTemplate> chat = template();
        NoEffect.of(spec)
                .when(chat::isEmpty, "inputs are continued: the model has no chat template, or none is used", SYSTEM);
        try (Engine engine = model.engine().open();
                LanguageModel loaded = model.load(spec, engine, kv)) {
            if (loaded.tokenizer().isEmpty()) {
                throw new UserError("play needs a tokenizer, and the checkpoint has none; put its tokenizer.json into"
                        + " the folder, or the tokenizer.bin of a file of llama2.c beside it, or give token ids to "
                        + Installation.NAME + " generate");
            }
            GenerationOptions options = sampling.fit(spec, loaded.config(), asked);
            WorkReport work = WorkReport.of(engine, model.engine().reportsTransfers());
            work.mark("loading", false);
            Integer code = play(
                    loaded, new PlaySession(loaded, chat.orElse(null), system, model.bos(), options, work), out, err);
            work.print(err);
            return code;
        }
    }

    private Optional<ChatTemplate> template() {
        if (template == null) {
            return ofModel();
        }
        return switch (template) {
            case "none" -> Optional.empty();
            case "plain" -> Optional.of(ChatTemplate.plain());
            default -> Optional.of(read(Path.of(template)));
        };
    }

    private Optional<ChatTemplate> ofModel() {
        // No messages here: the keys that are passed over are told when the model is loaded.
        return ChatTemplate.find(CheckpointSource.folder(ModelFolders.checkpoint(model.path(spec)), model.unknown()));
    }

    private ChatTemplate read(Path file) {
        try {
            Map<String, String> tokens =
                    ofModel().map(ChatTemplate::specialTokens).orElse(Map.of());
            return ChatTemplate.of(file.toString(), InputFile.text(file), tokens);
        } catch (TemplateException e) {
            throw new UserError("Cannot use the chat template " + e.getMessage(), e);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    private Integer play(LanguageModel loaded, PlaySession session, PrintWriter out, PrintWriter err)
            throws IOException {
        if (System.console() == null || !System.console().isTerminal() || !Terminal.showsResults()) {
            return new PlayLines(session, out, err).run();
        }
        try (PlayTerminal terminal = new PlayTerminal(session, out)) {
            return terminal.run(loaded.config().recursions());
        }
    }
}
