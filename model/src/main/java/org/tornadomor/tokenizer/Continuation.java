package org.tornadomor.tokenizer;

/**
 * The text that new tokens add to that of a prompt, as they come. Prompt and continuation are decoded together, for what a token
 * means can depend on those before it (a first token often loses its space). {@link #prompt} and all text that comes out are
 * together what {@link Tokenizer#decode} makes of all ids; where the text of the prompt alone is the start of that, the text that
 * comes out is the rest. Where it is not (a prompt that ends within a character), prompt and continuation are divided where the
 * two texts begin to differ. For one thread.
 */
public final class Continuation {
    private final Tokenizer tokenizer;
    private final StreamDecoder stream;
    private final StringBuilder prompt = new StringBuilder();
    /** Text of the prompt alone that a later token may change. */
    private final String open;

    private int matched;
    private boolean certain;

    private Continuation(Tokenizer tokenizer, int[] ids) {
        this.tokenizer = tokenizer;
        stream = tokenizer.streamDecoder();
        for (int id : ids) {
            prompt.append(text(id));
        }
        String alone = tokenizer.decode(known(ids));
        open = alone.substring(prompt.length());
        certain = open.isEmpty();
    }

    /** Begins behind a prompt. Ids that a model has and its tokenizer has not are passed over, here and later. */
    public static Continuation of(Tokenizer tokenizer, int[] prompt) {
        return new Continuation(tokenizer, prompt);
    }

    private int[] known(int[] ids) {
        return java.util.Arrays.stream(ids)
                .filter(id -> id < tokenizer.vocabSize())
                .toArray();
    }

    private String text(int id) {
        return id < tokenizer.vocabSize() ? stream.accept(id) : "";
    }

    /** Takes the next id and returns the new text that is now certain. */
    public String accept(int id) {
        return behindPrompt(text(id));
    }

    /** Whether the last ids left text that is not certain yet, as half a character is. */
    public boolean holds() {
        return stream.holds();
    }

    /** Returns the rest. No more ids come. */
    public String finish() {
        String rest = behindPrompt(stream.finish());
        certain = true;
        return rest;
    }

    /** The text of the prompt as far as it is certain, which is all of it once {@link #isPromptCertain}. */
    public String prompt() {
        return prompt.toString();
    }

    /** Whether the text of the prompt is certain, as it always is once new text came out or all is finished. */
    public boolean isPromptCertain() {
        return certain;
    }

    private String behindPrompt(String text) {
        if (certain) {
            return text;
        }
        int same = 0;
        while (same < text.length()
                && matched + same < open.length()
                && text.charAt(same) == open.charAt(matched + same)) {
            same++;
        }
        if (same > 0 && same < text.length() && Character.isLowSurrogate(text.charAt(same))) {
            same--; // half a character does not count
        }
        prompt.append(text, 0, same);
        matched += same;
        certain = matched == open.length() || same < text.length();
        return text.substring(same);
    }
}
