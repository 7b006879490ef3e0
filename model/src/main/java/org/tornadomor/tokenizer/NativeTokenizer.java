package org.tornadomor.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.tornadomor.UserError;

/**
 * A tokenizer of the Hugging Face library, by DJL's binding. Where the file brings regular expressions, a call has limited time:
 * it runs on a thread of its own, which is left behind if it does not return, as native code cannot be stopped.
 */
final class NativeTokenizer implements AutoCloseable {
    static {
        LibraryFolder.settle();
    }

    private static final Map<String, String> PLAIN =
            Map.of("addSpecialTokens", "false", "truncation", "do_not_truncate", "padding", "do_not_pad");

    /** The shortest time limit; even a busy machine takes only some milliseconds for a page of text. */
    private static final long LEAST_SECONDS = 20;

    /** Characters of the library's message that are passed on. */
    private static final int MESSAGE = 200;

    private static final int CHARACTERS_PER_SECOND = 20_000;

    private static final ExecutorService THREADS = Executors.newCachedThreadPool(
            Thread.ofPlatform().name("tokenizer-", 0).daemon().factory());

    private final String name;
    private final HuggingFaceTokenizer delegate;
    private final List<String> expressions;
    private volatile boolean stuck;

    private NativeTokenizer(String name, HuggingFaceTokenizer delegate, List<String> expressions) {
        this.name = name;
        this.delegate = delegate;
        this.expressions = expressions;
    }

    /**
     * Builds it.
     *
     * @param name of the file, for messages
     * @param expressions its regular expressions
     * @throws UserError if the library refuses it or does not load
     */
    static NativeTokenizer build(String name, byte[] json, List<String> expressions) {
        try {
            HuggingFaceTokenizer delegate = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), PLAIN);
            return new NativeTokenizer(name, delegate, expressions);
        } catch (LinkageError | ai.djl.engine.EngineException e) {
            throw new UserError(
                    "the native tokenizer library does not load here (" + rootCause(e)
                            + "): it needs 64-bit Linux, macOS or Windows and a writable folder in DJL_CACHE_DIR;"
                            + " --tokenizer bytes works without it",
                    e);
        } catch (IOException | RuntimeException e) {
            throw new UserError(
                    name + " is not a tokenizer that the Hugging Face library reads (" + rootCause(e)
                            + "): save it again with a current version of that library",
                    e);
        }
    }

    /** Whether {@link #build} failed because the library itself does not load, whatever the file. */
    static boolean missesLibrary(UserError error) {
        return error.getCause() instanceof LinkageError || error.getCause() instanceof ai.djl.engine.EngineException;
    }

    private static String rootCause(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        return TokenTable.excerpt(message.lines().findFirst().orElse("").strip(), MESSAGE);
    }

    /**
     * The ids of a text.
     *
     * @param template whether to put around it what the post-processor asks for
     * @throws UserError if the library fails, or does not return in time
     */
    int[] encode(String text, boolean template) {
        // What a template puts around a text must not be put around its pieces.
        List<String> pieces = template || expressions.isEmpty() ? List.of(text) : LongRuns.cut(text);
        if (pieces.size() == 1) {
            return encodeWhole(text, template);
        }
        int[][] ids = new int[pieces.size()][];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = encodeWhole(pieces.get(i), template);
        }
        return Arrays.stream(ids).flatMapToInt(Arrays::stream).toArray();
    }

    private int[] encodeWhole(String text, boolean template) {
        return call(text.length(), "encode", () -> {
            // DJL's own encode also copies masks, spans and spellings from native memory, which doubles the time.
            long encoding = TokenizersLibrary.LIB.encode(delegate.getHandle(), text, template);
            try {
                return narrow(TokenizersLibrary.LIB.getTokenIds(encoding));
            } finally {
                TokenizersLibrary.LIB.deleteEncoding(encoding);
            }
        });
    }

    private static int[] narrow(long[] ids) {
        int[] narrow = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            narrow[i] = Math.toIntExact(ids[i]);
        }
        return narrow;
    }

    /** The text of ids without special tokens, as the library decodes it. */
    String decode(int[] ids) {
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            wide[i] = ids[i];
        }
        return call(ids.length, "decode", () -> delegate.decode(wide, true));
    }

    private <T> T call(int length, String what, Supplier<T> task) {
        try {
            return expressions.isEmpty() ? task.get() : bounded(length, what, task);
        } catch (UserError | CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new UserError(
                    name + " does not " + what + " this (" + rootCause(e)
                            + "): mend the file, or take another tokenizer",
                    e);
        }
    }

    private <T> T bounded(int length, String what, Supplier<T> task) {
        long seconds = LEAST_SECONDS + length / CHARACTERS_PER_SECOND;
        Future<T> future = THREADS.submit(task::get);
        try {
            return future.get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            stuck = true;
            throw new UserError(
                    name + " does not " + what + " a text of " + length + " characters within " + seconds
                            + " s: a regular expression of it (" + TokenTable.excerpt(expressions.getFirst())
                            + ") takes for ever on it; mend the expression, or leave the text out",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        } catch (InterruptedException e) {
            stuck = true; // perhaps
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    /** Frees native memory, unless a call that never returned still uses it. */
    @Override
    public void close() {
        if (!stuck) {
            delegate.close();
        }
    }
}
