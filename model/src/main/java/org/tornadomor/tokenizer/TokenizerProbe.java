package org.tornadomor.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;

/**
 * The process that reads and uses a tokenizer before others do, since a fault in native code ends the process that it happens
 * in, and nothing stops native code that hangs. Takes files on standard input, an address on each line, and answers with lines: what it is
 * about to do, and how it ended.
 *
 * <p>What passes was loaded, and encoded {@link ProbeTexts}, some of them with special tokens parsed and not. Two risks remain.
 * Expressions may take for ever on other texts: calls with such files have limited time ({@link NativeTokenizer}), so that they
 * end with a message. And native code may crash on other texts though it crashed on none of these.
 */
final class TokenizerProbe {
    static final String READY = "ready";
    static final String DOING = "doing ";
    static final String GOOD = "good";
    /** There is no library to try a file with: nothing is known of it. */
    static final String ABSENT = "absent";

    static final String REFUSED = "refused ";
    static final String SLOW = "slow";

    /** What a text of at most 5,000 characters may take; a sound tokenizer takes milliseconds. */
    private static final double TEXT_SECONDS = 1;

    /** What all texts together may take; a sound tokenizer takes one second. */
    private static final double TEXTS_SECONDS = 15;

    /** What loading may take; a file of 35 MB takes two or three seconds. */
    private static final double LOAD_SECONDS = 60;

    private static final double NANOS = 1e9;

    private final PrintStream answers;
    private final Thread worker = Thread.currentThread();
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private volatile double limit = Double.POSITIVE_INFINITY;
    private volatile long begin;

    private TokenizerProbe(PrintStream answers) {
        this.answers = answers;
    }

    /** Answers until standard input ends. */
    public static void main(String[] args) throws IOException {
        // Native code may print to standard output, but not through this.
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        TokenizerProbe probe = new TokenizerProbe(answers);
        Thread watch = new Thread(probe::watch, "watch");
        watch.setDaemon(true);
        watch.start();
        say(answers, READY);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String file = in.readLine(); file != null; file = in.readLine()) {
            say(answers, probe.answer(Path.of(URI.create(file))));
        }
        Runtime.getRuntime().halt(0);
    }

    private static void say(PrintStream answers, String line) {
        answers.println(line);
        answers.flush();
    }

    private String answer(Path file) {
        try {
            doing("reads the file", LOAD_SECONDS);
            TokenizerJson description = TokenizerJson.parse(file, InputFile.bytes(file), null, null);
            doing("loads it", LOAD_SECONDS);
            try (HuggingFaceTokenizerAdapter tokenizer = HuggingFaceTokenizerAdapter.readUntried(file)) {
                tokenizer.encode("", SpecialTokens.AS_TEXT);
                long first = threads.getThreadCpuTime(worker.threadId());
                for (String text : ProbeTexts.mixed(description.tokens().specialSpellings())) {
                    doing("encodes " + name(text), left(first));
                    tryText(tokenizer, text, !description.decoder().known());
                }
                for (String text : ProbeTexts.runs(description.expressions())) {
                    doing("encodes " + name(text), left(first));
                    tokenizer.encode(text, SpecialTokens.AS_TEXT);
                }
            }
            return GOOD;
        } catch (UserError e) {
            // If the library does not load, that is no fault of the file, and better reported by whoever needs it.
            return NativeTokenizer.missesLibrary(e) ? ABSENT : REFUSED + e.getMessage();
        } catch (IOException e) {
            return REFUSED + UserError.file("read", file, e).getMessage();
        } catch (StackOverflowError | RuntimeException e) {
            return REFUSED + new UserError(file + " is not read: " + e).getMessage();
        } finally {
            limit = Double.POSITIVE_INFINITY;
        }
    }

    /** What the next text may take. @param first when the texts began, in nanoseconds of the processor */
    private double left(long first) {
        double taken = (threads.getThreadCpuTime(worker.threadId()) - first) / NANOS;
        return Math.min(TEXT_SECONDS, TEXTS_SECONDS - taken);
    }

    private static void tryText(HuggingFaceTokenizerAdapter tokenizer, String text, boolean decodes) {
        tokenizer.encode(text, SpecialTokens.AS_TEXT);
        tokenizer.encode(text, SpecialTokens.PARSED);
        int[] ids = tokenizer.encode(text, true);
        if (decodes) {
            tokenizer.decodeByLibrary(ids);
        }
    }

    /** A text in few words. */
    static String name(String text) {
        int points = text.codePointCount(0, text.length());
        if (points < 2) {
            return "a text of " + points + " characters";
        }
        String unit = Character.toString(text.codePointAt(0));
        boolean run = text.startsWith(unit.repeat(points / 2));
        return "a text of " + points + " characters " + TokenTable.quoted(run ? unit : text) + (run ? " in a row" : "");
    }

    private void doing(String what, double seconds) {
        say(answers, DOING + what);
        begin = threads.getThreadCpuTime(worker.threadId());
        limit = seconds;
    }

    /** Ends the process when a step takes too much of the processor, however busy the machine is. */
    private void watch() {
        while (true) {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                return;
            }
            if ((threads.getThreadCpuTime(worker.threadId()) - begin) / NANOS > limit) {
                say(answers, SLOW);
                Runtime.getRuntime().halt(1);
            }
        }
    }
}
