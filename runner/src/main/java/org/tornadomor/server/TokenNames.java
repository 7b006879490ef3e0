package org.tornadomor.server;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.Continuation;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * What tokens are called where their likelihoods are listed: the text that they add to a text; {@code bytes:\xe2} as OpenAI writes
 * it, where a token is a part of a character; and {@code token_id:7} for one that gives no text of its own.
 */
final class TokenNames {
    private final Tokenizer tokenizer;
    /** A token that is put before the one to name: the first token of a text often gives less than its whole text. */
    private final int[] before;

    private final ConcurrentHashMap<Integer, String> names = new ConcurrentHashMap<>();

    /** @param tokenizer null for a model of bare ids */
    TokenNames(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        before = tokenizer == null ? new int[0] : tokenizer.encode("a");
    }

    String of(int id) {
        return names.computeIfAbsent(id, this::make);
    }

    /** The bytes that a token stands for; null where they are not known. */
    byte[] bytes(int id) {
        if (isPart(id)) {
            return new byte[] {(byte) id};
        }
        String name = of(id);
        return name.equals(unnamed(id)) ? null : name.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether a token is a byte of a longer character. */
    private boolean isPart(int id) {
        return tokenizer instanceof ByteTokenizer && id > 0x7f && id < ByteTokenizer.END_OF_TEXT;
    }

    private String make(int id) {
        if (isPart(id)) {
            return String.format("bytes:\\x%02x", id);
        }
        String text = "";
        if (tokenizer != null && id < tokenizer.vocabSize() && !tokenizer.isSpecial(id)) {
            Continuation alone = Continuation.of(tokenizer, before);
            text = alone.accept(id) + alone.finish();
        }
        return text.isEmpty() || text.indexOf('\ufffd') >= 0 ? unnamed(id) : text;
    }

    /** The name of a token that gives no text, or whose text is the name of another token already. */
    static String unnamed(int id) {
        return "token_id:" + id;
    }
}
