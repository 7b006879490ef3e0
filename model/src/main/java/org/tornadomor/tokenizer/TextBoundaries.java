package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.tornadomor.UserError;
import org.tornadomor.model.io.GenerationConfig;

/**
 * How texts of a checkpoint begin and end: the tokens that go before a prompt, those that end a generation, and what the first
 * token of a text is predicted from. Whoever turns text into the input of a model asks here.
 *
 * <p>The tokens before a text are the tokenizer's ({@link Tokenizer#beginTokens}). A text ends at any of the {@code
 * eos_token_id} of {@code generation_config.json} and {@code config.json}, and at the tokenizer's own end token.
 */
public final class TextBoundaries {
    private final Tokenizer tokenizer;
    private final int[] begin;
    private final int bos;
    private final Set<Integer> ends;
    private final GenerationConfig generation;

    private TextBoundaries(Tokenizer tokenizer, int[] begin, int bos, Set<Integer> ends, GenerationConfig generation) {
        this.tokenizer = tokenizer;
        this.begin = begin;
        this.bos = bos;
        this.ends = ends;
        this.generation = generation;
    }

    /**
     * The boundaries of texts of a checkpoint.
     *
     * @param folder with {@code config.json} and perhaps {@code generation_config.json}
     * @param tokenizer null for a model of bare ids
     * @throws UserError naming a file that cannot be read
     */
    public static TextBoundaries of(Path folder, Tokenizer tokenizer) {
        return of(GenerationConfig.read(folder), tokenizer);
    }

    /** The boundaries of texts of a tokenizer alone. */
    public static TextBoundaries of(Tokenizer tokenizer) {
        return of(GenerationConfig.NONE, tokenizer);
    }

    /**
     * The boundaries of texts of a tokenizer, with what is known of the model.
     *
     * @param tokenizer null for a model of bare ids
     */
    public static TextBoundaries of(GenerationConfig generation, Tokenizer tokenizer) {
        Set<Integer> ends = new LinkedHashSet<>(generation.eos());
        if (tokenizer == null) {
            return new TextBoundaries(null, new int[0], generation.bos(), ends, generation);
        }
        if (tokenizer.endOfText() >= 0) {
            ends.add(tokenizer.endOfText());
        }
        int bos = tokenizer.beginOfText() >= 0 || generation.bos() >= tokenizer.vocabSize()
                ? tokenizer.beginOfText()
                : generation.bos();
        return new TextBoundaries(tokenizer, tokenizer.beginTokens(), bos, ends, generation);
    }

    /**
     * The same with the beginning token before each text, or without.
     *
     * @param wanted null leaves it to the checkpoint
     * @throws UserError if it is wanted and there is none
     */
    public TextBoundaries withBos(Boolean wanted) {
        if (wanted == null || wanted == begin.length > 0) {
            return this;
        }
        if (wanted && bos < 0) {
            throw new UserError(
                    "--bos asks for a token that begins a text, and the checkpoint names none; leave it away, or"
                            + " set bos_token in tokenizer_config.json");
        }
        return new TextBoundaries(tokenizer, wanted ? new int[] {bos} : new int[0], bos, ends, generation);
    }

    /** The tokenizer, or null for a model of bare ids. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** The tokens that go before each text; often none. */
    public int[] begin() {
        return begin.clone();
    }

    /** What an empty text begins with: the beginning token, else the end token of the text before; -1 if there is neither. */
    public int start() {
        if (begin.length > 0) {
            return begin[0];
        }
        return bos >= 0 ? bos : end();
    }

    /** The token that stands between texts, or -1. */
    public int end() {
        if (tokenizer != null) {
            return tokenizer.endOfText();
        }
        return ends.isEmpty() ? -1 : ends.iterator().next();
    }

    /**
     * What the first token of a text is predicted from: the tokens that go before a text; else the end token, where it is also the
     * beginning token, since such a model (this program's own among them) saw texts one behind the other with it between them; else
     * nothing, so that the first token is not predicted at all.
     */
    public int[] context() {
        if (begin.length > 0) {
            return begin();
        }
        return startsBehindEnd() ? new int[] {end()} : begin();
    }

    /** Whether a text has no beginning token of its own but starts behind the end token of the text before. */
    public boolean startsBehindEnd() {
        return begin.length == 0 && bos >= 0 && bos == end();
    }

    /**
     * The ids of a prompt, in which spelled special tokens are parsed: the tokens before a text, unless the prompt spells them
     * itself, and its own. An empty prompt becomes what a text begins with, or what stands before one.
     *
     * @throws IllegalStateException for a model of bare ids
     */
    public int[] encode(String prompt) {
        return encode(prompt, SpecialTokens.PARSED);
    }

    /**
     * As {@link #encode(String)}.
     *
     * @param special what becomes of text that spells a special token
     * @throws IllegalStateException for a model of bare ids
     */
    public int[] encode(String prompt, SpecialTokens special) {
        if (tokenizer == null) {
            throw new IllegalStateException("no tokenizer");
        }
        int[] ids = tokenizer.encode(prompt, special);
        if (ids.length == 0 && begin.length == 0) {
            return start() < 0 ? ids : new int[] {start()};
        }
        return behind(begin, ids);
    }

    /** Puts the tokens that go before a text in front of ids, unless the ids begin with them already. */
    public static int[] behind(int[] begin, int[] ids) {
        boolean there = ids.length >= begin.length;
        for (int i = 0; i < begin.length && there; i++) {
            there = ids[i] == begin[i];
        }
        if (there) {
            return ids;
        }
        int[] all = Arrays.copyOf(begin, begin.length + ids.length);
        System.arraycopy(ids, 0, all, begin.length, ids.length);
        return all;
    }

    /** Whether a token ends a text. */
    public boolean ends(int id) {
        return ends.contains(id);
    }

    /** All tokens that end a text. */
    public List<Integer> ends() {
        return List.copyOf(ends);
    }

    /** The id of a special token by its spelling, or -1. */
    public int specialToken(String spelling) {
        return tokenizer == null ? -1 : tokenizer.specialToken(spelling);
    }

    /** The special tokens that some strings spell: these give no text in which such a string could be found. */
    public Set<Integer> specialTokens(Collection<String> spellings) {
        return spellings.stream().map(this::specialToken).filter(id -> id >= 0).collect(Collectors.toUnmodifiableSet());
    }

    /** The boundaries as a checkpoint states them: the token that texts begin with or behind, and those that end them. */
    public GenerationConfig generation() {
        return generation.with(start(), new ArrayList<>(ends));
    }
}
