package org.tornadomor.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.SpecialTokens;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * Text as tokens, in memory or in the shards of a {@link PreparedCorpus}, in a training and a validation part. Each document
 * is followed by the tokenizer's end-of-text token where it has one.
 */
public final class Corpus {
    /**
     * The tokens of one part.
     *
     * @param name {@code training} or {@code validation}
     * @param tokens the documents one after another
     * @param bytes the UTF-8 bytes of text that the tokens stand for; end-of-text tokens stand for none
     * @param documents how many documents begin in this part
     * @param mixture stretches of the tokens, which together are all of them, with the share of samples that each is to have;
     *     empty if every token counts the same
     */
    public record Part(String name, TokenSequence tokens, long bytes, long documents, List<Stretch> mixture) {
        /** A part in which every token counts the same. */
        public Part(String name, TokenSequence tokens, long bytes, long documents) {
            this(name, tokens, bytes, documents, List.of());
        }

        /** Bytes of text a token: a loss per byte is the loss per token divided by this. */
        public double bytesPerToken() {
            return (double) bytes / tokens.size();
        }

        /**
         * The same for the tokens that samples are made of, of which a mixture takes more from one stretch than from another.
         */
        public double sampledBytesPerToken() {
            if (mixture.isEmpty()) {
                return bytesPerToken();
            }
            double weights = mixture.stream().mapToDouble(Stretch::weight).sum();
            return mixture.stream()
                    .mapToDouble(its -> its.weight / weights * its.bytes / its.length)
                    .sum();
        }

        /**
         * Refuses a part without a single sample.
         *
         * @param context the tokens that a sample predicts
         * @throws UserError if the part is too short
         */
        public void requireContext(int context) {
            if (tokens.size() < context + 1L) {
                throw new UserError("the " + name + " text has " + Counts.of(tokens.size(), "token")
                        + ", but one sample of context "
                        + context + " takes " + (context + 1L) + ": give more text"
                        + (name.equals(VALIDATION) ? ", hold out more of it," : "") + " or choose a shorter context");
            }
        }
    }

    /**
     * Tokens that are drawn from with a weight.
     *
     * @param name where they come from
     * @param start of the stretch, in tokens
     * @param length in tokens
     * @param bytes of text that they stand for
     * @param weight relative to the others
     */
    public record Stretch(String name, long start, long length, long bytes, double weight) {}

    static final String TRAINING = "training";
    static final String VALIDATION = "validation";

    private final Part training;
    private final Part validation;
    private final String fingerprint;

    Corpus(Part training, Part validation, String fingerprint) {
        this.training = training;
        this.validation = validation;
        this.fingerprint = fingerprint;
    }

    /**
     * Reads and tokenises a source. Text that spells a special token is text.
     *
     * @throws UserError if the source cannot be read or holds no text
     */
    public static Corpus load(TextSource source, Tokenizer tokenizer, HoldOut holdOut) {
        return load(source, tokenizer, SpecialTokens.AS_TEXT, holdOut);
    }

    /**
     * As {@link #load(TextSource, Tokenizer, HoldOut)}.
     *
     * @param special what becomes of text that spells a special token
     */
    public static Corpus load(TextSource source, Tokenizer tokenizer, SpecialTokens special, HoldOut holdOut) {
        MessageDigest hash = ContentHash.sha256();
        hash.update((tokenizer.fingerprint() + "|" + holdOut).getBytes(StandardCharsets.UTF_8));
        Builder builder = switch (holdOut) {
            case HoldOut.Tail tail -> new TailBuilder(tokenizer, special, tail.fraction());
            case HoldOut.EveryNth every ->
                new DocumentBuilder(tokenizer, special, new Predicate<>() {
                    private long seen;

                    @Override
                    public boolean test(Document document) {
                        return ++seen % every.n() == 0;
                    }
                });
            case HoldOut.ByContent share ->
                new DocumentBuilder(
                        tokenizer, special, document -> ContentHash.of(document).isWithin(share.fraction()));
        };
        ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
        long[] bytes = {0};
        long[] spelled = {0};
        source.forEach(document -> {
            // The length goes first, so that moving text from one document to the next changes the hash.
            hash.update(length.putInt(0, document.utf8().length).array());
            hash.update(document.utf8());
            bytes[0] += document.utf8().length;
            spelled[0] += tokenizer.countSpelled(document.utf8());
            if (document.utf8().length > 0) {
                builder.add(document);
            }
            return true;
        });
        if (bytes[0] == 0) {
            throw new UserError("no text in " + source.describe() + ": check the path and the file filter");
        }
        if (spelled[0] > 0 && special == SpecialTokens.AS_TEXT) {
            // Earlier versions parsed special tokens: a run of such a version must not go on with other tokens.
            hash.update("special tokens are text".getBytes(StandardCharsets.UTF_8));
        }
        return builder.build(HexFormat.of().formatHex(hash.digest()));
    }

    /**
     * A corpus with this one's text to train on, and another one's text to validate on.
     *
     * @param other text of which nothing is held out
     */
    public Corpus validatedOn(Corpus other) {
        Part whole = other.training;
        MessageDigest hash = ContentHash.sha256();
        hash.update((fingerprint + "|" + other.fingerprint).getBytes(StandardCharsets.UTF_8));
        return new Corpus(
                training,
                new Part(VALIDATION, whole.tokens(), whole.bytes(), whole.documents()),
                HexFormat.of().formatHex(hash.digest()));
    }

    /** What to train on. */
    public Part training() {
        return training;
    }

    /** What is held out; may be empty. */
    public Part validation() {
        return validation;
    }

    /**
     * A hash of text, tokenizer and hold-out. A run stores it, so that it does not go on with other data unnoticed.
     */
    public String fingerprint() {
        return fingerprint;
    }

    /** Takes the documents in turn and puts each where the hold-out says. */
    private abstract static class Builder {
        final Tokenizer tokenizer;
        private final SpecialTokens special;

        Builder(Tokenizer tokenizer, SpecialTokens special) {
            this.tokenizer = tokenizer;
            this.special = special;
        }

        abstract void add(Document document);

        abstract Corpus build(String fingerprint);

        final void append(Document document, TokenBuffer tokens) {
            for (int id : tokenizer.begun(tokenizer.encodeBytes(document.utf8(), special))) {
                tokens.add(id);
            }
            if (tokenizer.endOfText() >= 0) {
                tokens.add(tokenizer.endOfText());
            }
        }
    }

    private static final class DocumentBuilder extends Builder {
        private final Predicate<Document> heldOut;
        private final TokenBuffer[] tokens;
        private final long[] bytes = new long[2];
        private final long[] documents = new long[2];

        DocumentBuilder(Tokenizer tokenizer, SpecialTokens special, Predicate<Document> heldOut) {
            super(tokenizer, special);
            this.heldOut = heldOut;
            this.tokens =
                    new TokenBuffer[] {new TokenBuffer(tokenizer.vocabSize()), new TokenBuffer(tokenizer.vocabSize())};
        }

        @Override
        void add(Document document) {
            int part = heldOut.test(document) ? 1 : 0;
            append(document, tokens[part]);
            bytes[part] += document.utf8().length;
            documents[part]++;
        }

        @Override
        Corpus build(String fingerprint) {
            return new Corpus(
                    new Part(TRAINING, tokens[0], bytes[0], documents[0]),
                    new Part(VALIDATION, tokens[1], bytes[1], documents[1]),
                    fingerprint);
        }
    }

    private static final class TailBuilder extends Builder {
        private final double fraction;
        private final TokenBuffer tokens;
        private final List<Extent> extents = new ArrayList<>();

        /** Where a document begins, and how long its text is. */
        private record Extent(long start, long bytes) {}

        TailBuilder(Tokenizer tokenizer, SpecialTokens special, double fraction) {
            super(tokenizer, special);
            this.fraction = fraction;
            this.tokens = new TokenBuffer(tokenizer.vocabSize());
        }

        @Override
        void add(Document document) {
            extents.add(new Extent(tokens.size(), document.utf8().length));
            append(document, tokens);
        }

        @Override
        Corpus build(String fingerprint) {
            long cut = tokens.size() - (long) (fraction * tokens.size());
            long bytes = 0;
            long tailBytes = 0;
            long headDocuments = 0;
            for (int i = 0; i < extents.size(); i++) {
                Extent extent = extents.get(i);
                long end = i + 1 < extents.size() ? extents.get(i + 1).start() : tokens.size();
                bytes += extent.bytes();
                headDocuments += extent.start() < cut ? 1 : 0;
                if (extent.start() >= cut) {
                    tailBytes += extent.bytes();
                } else if (end > cut) {
                    tailBytes += countBytes(cut, end);
                }
            }
            return new Corpus(
                    new Part(TRAINING, tokens.slice(0, cut), bytes - tailBytes, headDocuments),
                    new Part(
                            VALIDATION,
                            tokens.slice(cut, tokens.size() - cut),
                            tailBytes,
                            extents.size() - headDocuments),
                    fingerprint);
        }

        private long countBytes(long from, long to) {
            int[] ids = new int[Math.toIntExact(to - from)];
            tokens.copy(from, ids, 0, ids.length);
            return tokenizer.countBytes(ids);
        }
    }
}
