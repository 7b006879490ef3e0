package org.tornadomor.tokenizer;

/** What becomes of text that spells a special token, such as {@code </s>}. */
public enum SpecialTokens {
    /** Such text stays text like any other: HTML may well hold {@code <s>}. The rule for corpora and for what is scored. */
    AS_TEXT,
    /** Such text becomes the token. The rule for prompts, as in other programs. */
    PARSED
}
