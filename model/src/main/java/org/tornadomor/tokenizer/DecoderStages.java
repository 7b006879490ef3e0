package org.tornadomor.tokenizer;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The decoders that a {@code tokenizer.json} can name, as steps. Each step does what the library's decoder of that name does to
 * a whole text.
 */
final class DecoderStages {
    private static final String SPACE = " ";

    private DecoderStages() {}

    /** {@code ByteLevel}: characters stand for bytes, and all tokens become one. */
    static final class Bytes extends DecoderStage.Whole {
        private static final Map<Integer, Integer> BYTES = new HashMap<>();

        static {
            for (int b = 0; b < ByteLevel.SYMBOLS; b++) {
                BYTES.put((int) ByteLevel.spelling(b), b);
            }
        }

        private final LossyUtf8 utf8 = new LossyUtf8();
        private final StringBuilder text = new StringBuilder();

        Bytes(DecoderStage next) {
            super(next);
        }

        @Override
        void token(String token) {
            if (token.codePoints().allMatch(BYTES::containsKey)) {
                token.codePoints().forEach(point -> utf8.accept(BYTES.get(point), text));
            } else {
                // Added tokens are spelled as they are.
                for (byte b : token.getBytes(StandardCharsets.UTF_8)) {
                    utf8.accept(Byte.toUnsignedInt(b), text);
                }
            }
            send();
        }

        private void send() {
            if (!text.isEmpty()) {
                next.text(text.toString());
                text.setLength(0);
            }
        }

        @Override
        boolean holds() {
            return utf8.holds() || super.holds();
        }

        @Override
        void finish() {
            utf8.finish(text);
            send();
            next.end();
            next.finish();
        }
    }

    /**
     * {@code ByteFallback}: a run of tokens such as {@code <0x0A>} is UTF-8. The library makes replacement characters of the
     * whole run if any of it is not, so that a run is certain only behind its end.
     */
    static final class ByteRuns extends DecoderStage.Whole {
        private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f+][0-9A-Fa-f]>");
        private static final int BYTE_LENGTH = 6;

        private byte[] run = new byte[16];
        private int length;

        ByteRuns(DecoderStage next) {
            super(next);
        }

        @Override
        void token(String token) {
            int b = value(token);
            if (b < 0) {
                flush();
                pass(token);
                return;
            }
            if (length == run.length) {
                run = Arrays.copyOf(run, 2 * length);
            }
            run[length++] = (byte) b;
        }

        /** The byte that a token stands for, or -1. */
        static int value(String token) {
            // The library's number parser takes a plus sign.
            return token.length() == BYTE_LENGTH && BYTE.matcher(token).matches()
                    ? Integer.parseInt(token.substring(3, 5), 16)
                    : -1;
        }

        private void flush() {
            if (length == 0) {
                return;
            }
            try {
                pass(StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(run, 0, length))
                        .toString());
            } catch (CharacterCodingException e) {
                for (int i = 0; i < length; i++) {
                    pass(String.valueOf(LossyUtf8.REPLACEMENT));
                }
            }
            length = 0;
        }

        @Override
        boolean holds() {
            return length > 0 || super.holds();
        }

        @Override
        void finish() {
            flush();
            next.finish();
        }
    }

    /** {@code Fuse}: all tokens become one. */
    static final class Fuse extends DecoderStage {
        Fuse(DecoderStage next) {
            super(next);
        }

        @Override
        void text(String part) {
            next.text(part);
        }

        @Override
        void end() {}

        @Override
        void finish() {
            next.end();
            next.finish();
        }
    }

    /** {@code Strip}: takes up to so many of one character from the start and the end of each token. */
    static final class Strip extends DecoderStage {
        private final int content;
        private final int start;
        private final int stop;
        private int taken;
        private boolean inside;
        private int held;

        Strip(DecoderStage next, int content, int start, int stop) {
            super(next);
            this.content = content;
            this.start = start;
            this.stop = stop;
        }

        @Override
        void text(String part) {
            StringBuilder rest = new StringBuilder(part.length());
            part.codePoints().forEach(point -> accept(point, rest));
            next.text(rest.toString());
        }

        private void accept(int point, StringBuilder rest) {
            boolean same = point == content;
            if (!inside && same && taken < start) {
                taken++;
                return;
            }
            inside = true;
            if (same) {
                held++;
            }
            while (held > (same ? stop : 0)) {
                rest.appendCodePoint(content);
                held--;
            }
            if (!same) {
                rest.appendCodePoint(point);
            }
        }

        @Override
        void end() {
            taken = 0;
            inside = false;
            held = 0;
            next.end();
        }
    }

    /** {@code Replace} with a string as its pattern. */
    static final class Replace extends DecoderStage {
        private final String pattern;
        private final String content;
        private final StringBuilder held = new StringBuilder();

        Replace(DecoderStage next, String pattern, String content) {
            super(next);
            this.pattern = pattern;
            this.content = content;
        }

        @Override
        void text(String part) {
            held.append(part);
            StringBuilder done = new StringBuilder();
            int from = 0;
            for (int at = held.indexOf(pattern); at >= 0; at = held.indexOf(pattern, from)) {
                done.append(held, from, at).append(content);
                from = at + pattern.length();
            }
            int keep = Math.min(pattern.length() - 1, held.length() - from);
            while (!pattern.startsWith(held.substring(held.length() - keep))) {
                keep--;
            }
            done.append(held, from, held.length() - keep);
            held.delete(0, held.length() - keep);
            next.text(done.toString());
        }

        @Override
        boolean holds() {
            return !held.isEmpty() || super.holds();
        }

        @Override
        void end() {
            next.text(held.toString());
            held.setLength(0);
            next.end();
        }
    }

    /** {@code Metaspace}: one character stands for a space, but not in the first token. */
    static final class Metaspace extends DecoderStage {
        private final String replacement;
        private boolean dropped;

        /** @param drops whether the first token loses its spaces */
        Metaspace(DecoderStage next, String replacement, boolean drops) {
            super(next);
            this.replacement = replacement;
            this.dropped = drops;
        }

        @Override
        void text(String part) {
            next.text(part.replace(replacement, dropped ? "" : SPACE));
        }

        @Override
        void end() {
            dropped = false;
            next.end();
        }
    }

    /** {@code WordPiece}: a space before each token that does not go on with a word. */
    static final class WordPiece extends DecoderStage.Whole {
        private final String prefix;
        private final boolean cleanup;
        private boolean first = true;

        WordPiece(DecoderStage next, String prefix, boolean cleanup) {
            super(next);
            this.prefix = prefix;
            this.cleanup = cleanup;
        }

        @Override
        void token(String token) {
            String text = token;
            if (!first) {
                text = token.startsWith(prefix) ? token.substring(prefix.length()) : SPACE + token;
            }
            first = false;
            pass(cleanup ? cleanUp(text) : text);
        }
    }

    /** {@code BPEDecoder}: a suffix stands for a space behind the token, but not in the last one. */
    static final class WordEnds extends DecoderStage.Whole {
        private final String suffix;
        private String held;

        WordEnds(DecoderStage next, String suffix) {
            super(next);
            this.suffix = suffix;
        }

        @Override
        void token(String token) {
            send(SPACE);
            held = token;
        }

        private void send(String space) {
            if (held != null) {
                pass(held.replace(suffix, space));
                held = null;
            }
        }

        @Override
        boolean holds() {
            return held != null || super.holds();
        }

        @Override
        void finish() {
            send("");
            next.finish();
        }
    }

    /** {@code CTC}: a token that is repeated at once counts once; one token stands for nothing, another for a space. */
    static final class Ctc extends DecoderStage.Whole {
        private final String pad;
        private final String delimiter;
        private final boolean cleanup;
        private String last;

        Ctc(DecoderStage next, String pad, String delimiter, boolean cleanup) {
            super(next);
            this.pad = pad;
            this.delimiter = delimiter;
            this.cleanup = cleanup;
        }

        @Override
        void token(String token) {
            if (token.equals(last)) {
                return;
            }
            last = token;
            String text = pad.isEmpty() ? token : token.replace(pad, "");
            if (cleanup) {
                text = cleanUp(text).replace(delimiter, SPACE);
            }
            if (!text.isEmpty()) {
                pass(text);
            }
        }
    }

    private static final List<String[]> ARTIFACTS = List.of(
            new String[] {" .", "."},
            new String[] {" ?", "?"},
            new String[] {" !", "!"},
            new String[] {" ,", ","},
            new String[] {" ' ", "'"},
            new String[] {" n't", "n't"},
            new String[] {" 'm", "'m"},
            new String[] {" do not", " don't"},
            new String[] {" 's", "'s"},
            new String[] {" 've", "'ve"},
            new String[] {" 're", "'re"});

    /** English without the spaces that cutting it into words left, as the library spells it. */
    private static String cleanUp(String text) {
        String clean = text;
        for (String[] artifact : ARTIFACTS) {
            clean = clean.replace(artifact[0], artifact[1]);
        }
        return clean;
    }
}
