package org.tornadomor.data;

import java.io.Serial;
import java.io.Serializable;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.SpecialTokens;

/**
 * What a corpus is made of: with the tokenizer, everything that decides the bytes of its shards.
 *
 * @param sources with absolute paths
 * @param filter {@link SourceOptions#filter}
 * @param extensions {@link SourceOptions#extensions}
 * @param textField {@link SourceOptions#textField}
 * @param maxBytes of text to take of all sources together; 0 for all
 * @param jdkFallback {@link SourceOptions#jdkFallback}
 * @param minDocumentBytes shorter documents are left out
 * @param maxDocumentBytes longer documents are left out; 0 for none
 * @param deduplicate whether a text that came before is left out
 * @param skipInvalid whether documents that cannot be read, such as for not being UTF-8, are left out instead of refused
 * @param holdOut the share of documents to validate on, picked by their text
 * @param shardTokens a shard ends with the document that brings it to so many tokens
 * @param holdOutEvery one document in so many is held out instead, if it is not null; the share is 0 then
 * @param parseSpecial whether text that spells a special token becomes it; null, which earlier versions wrote, means true
 * @param byHash whether the documents of a source lie in the order of their hashes, as clusters write them, and not in that of
 *     reading; null, which earlier versions wrote, means false
 */
public record PrepareSettings(
        List<WeightedSource> sources,
        String filter,
        List<String> extensions,
        String textField,
        long maxBytes,
        String jdkFallback,
        long minDocumentBytes,
        long maxDocumentBytes,
        boolean deduplicate,
        boolean skipInvalid,
        double holdOut,
        long shardTokens,
        Boolean parseSpecial,
        Integer holdOutEvery,
        Boolean byHash)
        implements Serializable {
    /** 128 MiB a shard with two bytes a token. */
    public static final long SHARD_TOKENS = 1 << 26;

    /** The share of documents that is held out unless another is asked for. */
    public static final double HOLD_OUT = 0.05;

    @Serial
    private static final long serialVersionUID = 1;

    /** @throws UserError if a value makes no sense */
    public PrepareSettings {
        sources = List.copyOf(sources);
        extensions = List.copyOf(extensions);
        parseSpecial = parseSpecial == null || parseSpecial;
        byHash = byHash != null && byHash;
        atLeast("the smallest document", minDocumentBytes, 0);
        atLeast("the largest document", maxDocumentBytes, 0);
        atLeast("a shard's number of tokens", shardTokens, 1);
        if (maxDocumentBytes > 0 && maxDocumentBytes < minDocumentBytes) {
            throw new UserError("documents of at least " + minDocumentBytes + " and at most " + maxDocumentBytes
                    + " bytes are none: turn the two limits round");
        }
        if (byHash && (maxBytes > 0 || holdOutEvery != null)) {
            throw new UserError("documents in the order of their hashes have no first bytes, and no first of some:"
                    + " take all of the text, and hold out a share of it");
        }
        HoldOut.byContent(holdOut);
        if (holdOutEvery != null) {
            HoldOut.everyNth(holdOutEvery);
            if (holdOut != 0) {
                throw new UserError("a share of the documents and one document in " + holdOutEvery
                        + " are both held out; keep one of them");
            }
        }
    }

    /** Settings in which text that spells special tokens is text. */
    public PrepareSettings(
            List<WeightedSource> sources,
            String filter,
            List<String> extensions,
            String textField,
            long maxBytes,
            String jdkFallback,
            long minDocumentBytes,
            long maxDocumentBytes,
            boolean deduplicate,
            boolean skipInvalid,
            double holdOut,
            long shardTokens) {
        this(
                sources,
                filter,
                extensions,
                textField,
                maxBytes,
                jdkFallback,
                minDocumentBytes,
                maxDocumentBytes,
                deduplicate,
                skipInvalid,
                holdOut,
                shardTokens,
                false,
                null,
                false);
    }

    /**
     * Passes over a document that cannot be read.
     *
     * @throws UserError if such documents are not to be left out
     */
    void requireSkipped(UserError error) {
        if (!skipInvalid) {
            throw new UserError(error.getMessage() + "; or leave all such documents out with --skip-invalid", error);
        }
    }

    /** Which documents are held out. */
    HoldOut split() {
        return holdOutEvery == null ? HoldOut.byContent(holdOut) : HoldOut.everyNth(holdOutEvery);
    }

    /** What becomes of text that spells special tokens. */
    SpecialTokens special() {
        return parseSpecial ? SpecialTokens.PARSED : SpecialTokens.AS_TEXT;
    }

    /** These sources with nothing left out but duplicates. */
    public static PrepareSettings of(List<WeightedSource> sources) {
        return new PrepareSettings(
                sources, null, List.of(), SourceOptions.TEXT_FIELD, 0, null, 0, 0, true, false, HOLD_OUT, SHARD_TOKENS);
    }

    private static void atLeast(String what, long value, long least) {
        if (value < least) {
            throw new UserError(what + " is " + value + "; give " + least + " or more");
        }
    }

    /** The options for one source, without the limit, which is for all sources together. */
    SourceOptions unlimited() {
        return new SourceOptions(filter, extensions, textField, 0, jdkFallback == null ? null : Path.of(jdkFallback));
    }

    /** The first value that differs in other settings, in words. */
    String difference(PrepareSettings other) {
        for (RecordComponent component : PrepareSettings.class.getRecordComponents()) {
            Object mine = value(component);
            Object its = other.value(component);
            if (!Objects.equals(mine, its)) {
                return component.getName() + " was " + mine + " and is now " + its;
            }
        }
        return "none";
    }

    private Object value(RecordComponent component) {
        try {
            return component.getAccessor().invoke(this);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("accessors of a public record are public", e);
        }
    }

    boolean takes(Document document) {
        int bytes = document.utf8().length;
        return bytes >= minDocumentBytes && (maxDocumentBytes == 0 || bytes <= maxDocumentBytes);
    }
}
