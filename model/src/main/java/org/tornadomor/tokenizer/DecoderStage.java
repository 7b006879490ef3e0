package org.tornadomor.tokenizer;

/**
 * A step on the way from the spellings of tokens to text, which passes on what no later token can change, and nothing else.
 * Steps see tokens as the library's decoders see them; a token may come in parts, since a step that joins all tokens would
 * otherwise hold everything back.
 */
abstract class DecoderStage {
    final DecoderStage next;

    DecoderStage(DecoderStage next) {
        this.next = next;
    }

    /** Takes a part of the current token. */
    abstract void text(String part);

    /** The current token ends. */
    abstract void end();

    /** No more tokens come. */
    void finish() {
        next.finish();
    }

    /** Whether this step or a later one keeps text that {@link #finish} passes on. */
    boolean holds() {
        return next.holds();
    }

    /** Passes a whole token on. */
    final void pass(String token) {
        next.text(token);
        next.end();
    }

    /** A step that looks at whole tokens. */
    abstract static class Whole extends DecoderStage {
        private final StringBuilder parts = new StringBuilder();

        Whole(DecoderStage next) {
            super(next);
        }

        abstract void token(String token);

        @Override
        final void text(String part) {
            parts.append(part);
        }

        @Override
        final void end() {
            String token = parts.toString();
            parts.setLength(0);
            token(token);
        }

        @Override
        boolean holds() {
            return !parts.isEmpty() || super.holds();
        }
    }

    /** The last one: gathers the text, with something between tokens. */
    static final class Sink extends DecoderStage {
        private final StringBuilder text = new StringBuilder();
        private final String between;
        private boolean first = true;
        private boolean begins = true;

        Sink(String between) {
            super(null);
            this.between = between;
        }

        @Override
        void text(String part) {
            begin();
            text.append(part);
        }

        @Override
        void end() {
            begin();
            begins = true;
        }

        private void begin() {
            if (begins && !first) {
                text.append(between);
            }
            begins = false;
            first = false;
        }

        @Override
        void finish() {}

        @Override
        boolean holds() {
            return false;
        }

        /** What came since the last call. */
        String take() {
            String taken = text.toString();
            text.setLength(0);
            return taken;
        }
    }
}
