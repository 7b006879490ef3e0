package org.tornadomor.cli.play;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.language.GenerationOptions;
import org.tornadomor.language.LanguageModel;
import org.tornadomor.language.TokenListener;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.template.ChatTemplate;
import org.tornadomor.tokenizer.SpecialTokens;

/** What was said so far, how the next answer is to be drawn, and the commands that change both. */
final class PlaySession {
    static final List<String> COMMANDS = List.of(
            "/again",
            "/depth",
            "/help",
            "/quit",
            "/reset",
            "/seed",
            "/settings",
            "/system",
            "/temperature",
            "/threshold",
            "/tokens");

    private static final Pattern COMMAND = Pattern.compile("/([a-z]+)(?:\\s+(.*))?", Pattern.DOTALL);
    private static final String HELP = """
            /threshold P     a token goes deeper if its router's probability is above P
            /depth N         tokens take at most N recursions
            /temperature X   0 takes the likeliest token
            /tokens N        an answer has at most N tokens
            /seed N          where randomness comes from
            /system TEXT     what the model is told before the conversation; nothing takes it away
            /again           the last input once more, with the settings of now and the same seed
            /reset           forgets the conversation
            /settings        shows the settings
            /help            this
            /quit            leaves, as Ctrl-D does
            A line may end with \\ to go on in the next. An input that looks like a command is text behind a \\.""";

    private final LanguageModel model;
    private final ChatTemplate template;
    private final Boolean bos;
    private final WorkReport work;
    private final List<Map<String, String>> messages = new ArrayList<>();
    private String system;
    private GenerationOptions options;
    private String lastInput;

    /** What became of a line. */
    enum Outcome {
        ANSWERED,
        TOLD,
        LEFT
    }

    /** Where an answer goes. */
    interface Display {
        /** Text and its depth, 0 for none. */
        void show(String text, int depth);

        /** The answer is complete: a line of figures about it. */
        void figures(String line);

        /** Something to read, not of the model. */
        void tell(String text);
    }

    /** Ends a generation from within. */
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stopped() {
            super(null, null, false, false);
        }
    }

    /**
     * @param template of conversations; null where inputs are continued
     * @param system what the model is told first; null for nothing
     * @param bos whether the beginning token goes before a prompt; null leaves it to the tokenizer's files
     */
    PlaySession(
            LanguageModel model,
            ChatTemplate template,
            String system,
            Boolean bos,
            GenerationOptions options,
            WorkReport work) {
        this.model = model;
        this.template = template;
        this.system = system == null || system.isBlank() ? null : system;
        this.bos = bos;
        this.options = options;
        this.work = work;
    }

    /** Whether it is a conversation. */
    boolean chats() {
        return template != null;
    }

    /**
     * Answers an input, or does what it commands.
     *
     * @param stops whether the person wants the answer to end now
     * @throws UserError if the input or the command makes no sense
     */
    Outcome take(String input, Display display, BooleanSupplier stops) {
        Matcher command = COMMAND.matcher(input);
        if (command.matches()) {
            String rest = command.group(2) == null ? "" : command.group(2).strip();
            return obey(command.group(1), rest, display, stops);
        }
        String text = input.startsWith("\\/") ? input.substring(1) : input;
        answer(text, messages, display, stops);
        return Outcome.ANSWERED;
    }

    private Outcome obey(String name, String rest, Display display, BooleanSupplier stops) {
        switch (name) {
            case "quit" -> {
                return Outcome.LEFT;
            }
            case "help" -> display.tell(HELP);
            case "settings" -> display.tell(settings());
            case "reset" -> {
                messages.clear();
                lastInput = null;
                display.tell("The conversation is forgotten.");
            }
            case "again" -> {
                again(display, stops);
                return Outcome.ANSWERED;
            }
            case "system" -> system(rest, display);
            case "threshold" -> threshold(number(name, rest), display);
            case "depth" -> depth(whole(name, rest), display);
            case "temperature" -> change(options.withTemperature(number(name, rest)), display);
            case "tokens" -> change(options.withMaxNewTokens((int) whole(name, rest)), display);
            case "seed" -> change(options.withSeed(whole(name, rest)), display);
            default ->
                throw new UserError(
                        "there is no command /" + name + "; /help lists them, and \\/" + name + " sends it as text");
        }
        return Outcome.TOLD;
    }

    private void change(GenerationOptions changed, Display display) {
        options = changed;
        display.tell(settings());
    }

    private void threshold(double value, Display display) {
        if (!model.config().router().hasThreshold()) {
            throw new UserError("the model has no router that decides by a threshold; /depth works");
        }
        change(options.withThreshold(value), display);
    }

    private void depth(long value, Display display) {
        int most = model.config().recursions();
        if (value < 1 || value > most) {
            throw new UserError("/depth " + value + " is not from 1 to " + most + ", the recursions of the model");
        }
        change(options.withMaxDepth((int) value), display);
    }

    private void system(String text, Display display) {
        if (!chats()) {
            throw new UserError(
                    "/system is for models with a chat template; --chat-template plain gives any model one");
        }
        system = text.isEmpty() ? null : text;
        display.tell(text.isEmpty() ? "The model is told nothing." : "The model is told so from the next answer on.");
    }

    private void again(Display display, BooleanSupplier stops) {
        if (lastInput == null) {
            throw new UserError("there is no input yet that /again could repeat");
        }
        // Without the question that is asked again, and its answer.
        answer(lastInput, messages.subList(0, messages.size() - 2), display, stops);
    }

    private static double number(String name, String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new UserError("/" + name + " takes a number, as in /" + name + " 0.5", e);
        }
    }

    private static long whole(String name, String text) {
        try {
            return name.equals("seed") ? Long.parseLong(text) : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new UserError("/" + name + " takes a whole number, as in /" + name + " 2", e);
        }
    }

    /** The settings in one line. */
    String settings() {
        ModelConfig config = model.config();
        String threshold =
                config.router().hasThreshold() ? String.format(Locale.ROOT, "threshold %s, ", options.threshold()) : "";
        int depth = options.maxDepth() == 0 ? config.recursions() : options.maxDepth();
        return String.format(
                Locale.ROOT,
                "%sdepth %d of %d, temperature %s, at most %s, seed %d",
                threshold,
                depth,
                config.recursions(),
                options.temperature(),
                Counts.of(options.maxNewTokens(), "token"),
                options.seed());
    }

    /** @param before the conversation so far; it stays as it is if there is no answer */
    private void answer(String input, List<Map<String, String>> before, Display display, BooleanSupplier stops) {
        List<Map<String, String>> asked = new ArrayList<>(before);
        asked.add(Map.of("role", "user", "content", input));
        int[] prompt = prompt(input, asked);
        lastInput = input;
        Answer answer = new Answer(display, stops);
        try {
            model.generate(List.of(prompt), forTemplate(), work.tokens(answer));
        } catch (Stopped e) {
            // The text that came before the stop is kept.
        }
        messages.clear();
        messages.addAll(asked);
        messages.add(Map.of("role", "assistant", "content", answer.text.toString()));
        display.figures(answer.figures(prompt.length));
    }

    private int[] prompt(String input, List<Map<String, String>> asked) {
        String text = chats() ? template.render(withSystem(asked), ChatTemplate.Request.ANSWER) : input;
        int[] prompt = model.encode(text, SpecialTokens.PARSED, bos);
        int context = model.config().maxPositions();
        if (prompt.length > context && messages.size() > 1 && chats()) {
            throw new UserError("the conversation has " + Counts.of(prompt.length, "token")
                    + " now, and the model's context holds " + context + "; /reset begins anew");
        }
        model.requirePrompt(prompt);
        return prompt;
    }

    private List<Map<String, String>> withSystem(List<Map<String, String>> asked) {
        if (system == null) {
            return asked;
        }
        List<Map<String, String>> all = new ArrayList<>(asked);
        all.addFirst(Map.of("role", "system", "content", system));
        return all;
    }

    private GenerationOptions forTemplate() {
        if (!chats()) {
            return options;
        }
        List<String> stops = new ArrayList<>(options.stop());
        stops.addAll(template.stops());
        return options.withStop(stops);
    }

    /** An answer under way. */
    private final class Answer implements TokenListener {
        private final Display display;
        private final BooleanSupplier stops;
        private final StringBuilder text = new StringBuilder();
        private final List<Integer> depths = new ArrayList<>();
        private long first;
        private long last;

        Answer(Display display, BooleanSupplier stops) {
            this.display = display;
            this.stops = stops;
        }

        @Override
        public void prompt(int prompt, String shown) {
            if (!chats()) {
                display.show(shown, 0);
            }
        }

        @Override
        public void token(int prompt, int id, int depth, String piece) {
            if (id >= 0) {
                last = System.nanoTime();
                first = depths.isEmpty() ? last : first;
                depths.add(depth);
            }
            text.append(piece);
            display.show(piece, depth);
            if (stops.getAsBoolean()) {
                throw new Stopped();
            }
        }

        String figures(int prompt) {
            if (depths.isEmpty()) {
                return "the model ended its text at once";
            }
            ModelConfig config = model.config();
            double[] share = new double[config.recursions()];
            depths.forEach(depth -> share[depth - 1] += 1.0 / depths.size());
            double mean = depths.stream().mapToInt(depth -> depth).average().orElseThrow();
            int context = Math.min(config.maxPositions(), prompt + depths.size());
            double speed = (depths.size() - 1) / Math.max((last - first) / 1e9, 1e-9);
            return String.format(
                    Locale.ROOT,
                    "%s%s, mean depth %.2f of %d, %.0f %% of the layers' compute saved",
                    Counts.of(depths.size(), "token"),
                    depths.size() > 1 ? String.format(Locale.ROOT, " at %.1f a second", speed) : "",
                    mean,
                    config.recursions(),
                    100 * new Flops(config, context).computeSaved(share));
        }
    }
}
