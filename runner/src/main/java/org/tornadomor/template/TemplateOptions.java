package org.tornadomor.template;

import java.time.Clock;

/**
 * The settings of Jinja's environment.
 *
 * @param trimBlocks whether the line end right behind a block tag or comment is dropped
 * @param lstripBlocks whether blanks before a block tag or comment that begins a line are dropped
 * @param keepTrailingNewline whether a line end at the very end of the template stays
 * @param strictUndefined whether printing, comparing and testing an undefined value fails; otherwise it prints nothing and is false
 * @param dialect what is there besides Jinja's own filters and functions
 * @param limits what a rendering may take
 * @param clock what {@code strftime_now} shows
 */
public record TemplateOptions(
        boolean trimBlocks,
        boolean lstripBlocks,
        boolean keepTrailingNewline,
        boolean strictUndefined,
        Dialect dialect,
        Limits limits,
        Clock clock) {

    /** Whose additions to Jinja a template may use. */
    public enum Dialect {
        /**
         * Those of Hugging Face transformers: {@code raise_exception}, {@code strftime_now}, {@code break} and {@code continue},
         * {@code generation} blocks, and a {@code tojson} that escapes nothing for HTML.
         */
        CHAT,
        /** Those of lm-evaluation-harness: {@code regex_replace}. */
        HARNESS
    }

    /** As {@code apply_chat_template} of transformers. */
    public static final TemplateOptions CHAT =
            new TemplateOptions(true, true, false, false, Dialect.CHAT, Limits.DEFAULT, Clock.systemDefaultZone());

    /** As the task templates of lm-evaluation-harness. */
    public static final TemplateOptions HARNESS =
            new TemplateOptions(false, false, true, true, Dialect.HARNESS, Limits.DEFAULT, Clock.systemDefaultZone());

    /** The same with other limits. */
    public TemplateOptions withLimits(Limits other) {
        return new TemplateOptions(
                trimBlocks, lstripBlocks, keepTrailingNewline, strictUndefined, dialect, other, clock);
    }

    /** The same at another time. */
    public TemplateOptions withClock(Clock other) {
        return new TemplateOptions(
                trimBlocks, lstripBlocks, keepTrailingNewline, strictUndefined, dialect, limits, other);
    }
}
