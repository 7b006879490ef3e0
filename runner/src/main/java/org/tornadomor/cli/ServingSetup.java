package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.BosOption;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.ServingOptions;
import org.tornadomor.files.InputFile;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.server.ServedModel;
import org.tornadomor.serving.Scheduler;
import org.tornadomor.serving.ServingLoop;
import org.tornadomor.template.ChatTemplate;
import org.tornadomor.terminal.TerminalPrinter;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

/** A loaded model with all that a server needs beside it: tokenizer, chat template, memory for texts, the loop that decodes. */
final class ServingSetup implements AutoCloseable {
    private static final String PLAIN = "plain";

    private final ServedModel model;
    private final Tokenizer tokenizer;
    private final DecoderSize size;

    private ServingSetup(ServedModel model, Tokenizer tokenizer, DecoderSize size) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.size = size;
    }

    /**
     * Reserves memory and starts the loop.
     *
     * @param name what clients call the model
     * @param bos as {@link BosOption#wanted}
     * @param chat plain, a file, or null for the model's own template
     * @throws UserError if something of it cannot be had
     */
    static ServingSetup of(
            LoadedModel loaded, ServingOptions options, String name, Boolean bos, String chat, PrintWriter err) {
        ModelConfig config = loaded.config();
        Tokenizer tokenizer =
                Tokenizers.forCheckpoint(loaded.folder(), config.vocabSize()).orElse(null);
        try {
            TextBoundaries texts = TextBoundaries.of(loaded.folder(), tokenizer);
            texts.withBos(bos);
            ChatTemplate template = template(loaded.folder(), tokenizer, chat, err);
            DecoderSize size = options.size(config);
            Scheduler scheduler = new Scheduler(
                    loaded.engine(), loaded.weights(), size, options.prefillRows(), true, DepthPolicy.DEPTH_WISE);
            ServingLoop loop = new ServingLoop(scheduler, options.queue());
            ServedModel model = new ServedModel(
                    name,
                    ServeCommand.created(loaded.path()),
                    config,
                    ParameterCount.of(config).total(),
                    texts,
                    bos,
                    size.context(),
                    template,
                    loop);
            return new ServingSetup(model, tokenizer, size);
        } catch (RuntimeException | Error e) {
            if (tokenizer != null) {
                tokenizer.close();
            }
            throw e;
        }
    }

    private static ChatTemplate template(Path folder, Tokenizer tokenizer, String chat, PrintWriter err) {
        if (tokenizer == null) {
            if (chat != null) {
                throw new UserError("--chat-template makes text, and the model has no tokenizer for it: leave it out");
            }
            return null;
        }
        if (PLAIN.equals(chat)) {
            return ChatTemplate.plain();
        }
        if (chat != null) {
            return ChatTemplate.of(folder, InputFile.path(chat));
        }
        try {
            return ChatTemplate.find(folder).orElse(null);
        } catch (UserError e) {
            err.println("Note: chats are refused: " + TerminalPrinter.line(err, e.getMessage()));
            err.flush();
            return null;
        }
    }

    ServedModel model() {
        return model;
    }

    /** A line for the person who started it. */
    String describe() {
        return String.format(
                Locale.ROOT,
                "ready: %s, %s, %s at a time of up to %s, %,d MB of keys and values, chat %s",
                model.name(),
                Counts.of(model.parameters(), "parameter"),
                Counts.of(size.sequences(), "text"),
                Counts.of(size.context(), "token"),
                size.keyBytes(model.config()) / 1_000_000,
                model.chat() == null
                        ? "refused (no template)"
                        : "by " + model.chat().source());
    }

    @Override
    public void close() {
        try {
            model.loop().close();
        } finally {
            if (tokenizer != null) {
                tokenizer.close();
            }
        }
    }
}
