package org.tornadomor.trainer;

import java.util.HashMap;
import java.util.Map;
import org.tornadomor.data.Corpus;
import org.tornadomor.data.TextSource;
import org.tornadomor.tokenizer.Tokenizer;

/** Texts that were read and tokenised once, for all runs of one process that train on them. Safe for use by several threads. */
public final class Corpora {
    private final Map<String, Corpus> known = new HashMap<>();

    /** The text of a configuration; the first to ask waits until it is read, and so do those who ask meanwhile. */
    synchronized Corpus load(TrainingConfig.Data data, TextSource source, Tokenizer tokenizer) {
        return known.computeIfAbsent(
                data + "|" + tokenizer.fingerprint(),
                key -> Corpus.load(source, tokenizer, data.special(), data.split()));
    }
}
