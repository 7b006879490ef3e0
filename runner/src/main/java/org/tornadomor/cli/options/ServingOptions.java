package org.tornadomor.cli.options;

import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.ModelConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How much is decoded at a time, and the memory for it. */
public final class ServingOptions {
    private static final int MOST_SEQUENCES = 4096;
    /** Tokens of prompts whose likelihoods are wanted, in a pass. */
    private static final int SCORED_ROWS = 64;

    private static final int MOST_QUEUE = 1_000_000;

    @Mixin
    private KvOption kv;

    @Option(
            names = "--max-sequences",
            paramLabel = "N",
            defaultValue = "16",
            description = "Decode so many texts at a time. Default: ${DEFAULT-VALUE}.")
    private int sequences;

    @Option(
            names = "--kv-memory",
            paramLabel = "SIZE",
            description =
                    "Memory for keys and values, such as 500M or 4G. Default: enough for all texts at their longest,"
                            + " but at most half of what the JVM has left.")
    private String memory;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens that a prompt and its answer may have together. Default: as many as the model has, or"
                    + " fewer if their keys and values do not fit into the memory.")
    private Integer context;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "256",
            description = "Let so many texts wait for a place; more of them get 429. Default: ${DEFAULT-VALUE}.")
    private int queue;

    @Option(
            names = "--prefill-rows",
            paramLabel = "N",
            defaultValue = "256",
            description = "Read so many tokens of prompts in a pass: fewer keep the others' texts flowing, more read"
                    + " prompts faster. Default: ${DEFAULT-VALUE}.")
    private int prefillRows;

    /** @throws UserError naming an option that makes no sense */
    public void check() {
        require("--max-sequences", sequences, 1, MOST_SEQUENCES);
        require("--queue", queue, 0, MOST_QUEUE);
        require("--prefill-rows", prefillRows, 1, 1 << 16);
        if (context != null) {
            require("--context", context, 2, Integer.MAX_VALUE);
        }
        Quantity.bytes("--kv-memory", memory);
    }

    private static void require(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new UserError(option + " " + value + " does not work; give a number from " + least + " to " + most);
        }
    }

    public int queue() {
        return queue;
    }

    public int prefillRows() {
        return prefillRows;
    }

    /**
     * What the decoder has memory for.
     *
     * @throws UserError if the memory that was asked for is not there, or holds no text of the context that was asked for
     */
    public DecoderSize size(ModelConfig config) {
        int longest = config.longestSequence();
        if (context != null && context > longest) {
            throw new UserError("--context " + context + " is more than the " + longest + " positions of the model");
        }
        int wanted = context == null ? config.maxPositions() : context;
        Runtime jvm = Runtime.getRuntime();
        long left = jvm.maxMemory() - jvm.totalMemory() + jvm.freeMemory();
        long bytes = Quantity.bytes("--kv-memory", memory);
        if (bytes > left) {
            throw new UserError(String.format(
                    "--kv-memory %s is more than the %,d MB that the JVM has left; ask for less, or allow it more, as in"
                            + " JAVA_OPTS=-Xmx8g",
                    memory, left / 1_000_000));
        }
        return within(config, bytes == 0 ? left / 2 : bytes, wanted);
    }

    /** The size that fits into so many bytes. If the user did not ask for a context, the context shrinks until it fits. */
    private DecoderSize within(ModelConfig config, long bytes, int wanted) {
        int rows = (int) Math.min(1 << 20, sequences + (long) prefillRows * config.recursions());
        ElementType keys = kv.type();
        int tokens = wanted;
        while (true) {
            try {
                return DecoderSize.within(config, bytes, sequences, tokens, rows, DecoderSize.PAGE_ROWS, keys)
                        .withLogitRows(sequences + SCORED_ROWS);
            } catch (UserError e) {
                if (context != null || tokens < 2 * DecoderSize.PAGE_ROWS) {
                    throw e;
                }
                tokens -= Math.max(1, tokens / 16);
            }
        }
    }
}
