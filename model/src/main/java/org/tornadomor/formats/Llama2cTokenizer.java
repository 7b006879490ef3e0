package org.tornadomor.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.model.io.TokenizerFiles;
import org.tornadomor.tokenizer.TokenizerBuilder;

/**
 * The {@code tokenizer.bin} of llama2.c: the length of the longest token (32 bits), then of each token its score (float32), its
 * length (32 bits) and its bytes. It is a SentencePiece vocabulary in which spaces stand for themselves: 0 is the unknown token, 1
 * begins a text, 2 ends one, and 256 bytes follow. llama2.c also ends at 1, since in its corpora that token begins the next
 * text.
 *
 * @param files of a Hugging Face tokenizer
 * @param generation the tokens that begin and end texts
 */
record Llama2cTokenizer(TokenizerFiles files, GenerationConfig generation) {
    static final int UNKNOWN = 0;
    static final int BEGIN = 1;
    static final int END = 2;
    static final int FIRST_BYTE = 3;
    static final int BYTES = 256;
    /** The file's name beside a model. */
    static final String FILE = "tokenizer.bin";

    private static final int LONGEST = 1 << 16;

    /**
     * Reads it.
     *
     * @param count tokens of the model
     * @throws UserError naming the file and what is wrong, such as another number of tokens
     */
    static Llama2cTokenizer read(Path path, int count) {
        ByteBuffer in;
        try {
            in = ByteBuffer.wrap(InputFile.bytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw UserError.file("read", path, e);
        }
        if (in.remaining() < Integer.BYTES || count < FIRST_BYTE + BYTES) {
            throw wrong(path, count, "it ends before the first of them, or there are too few for one of each byte");
        }
        in.getInt();
        List<String> tokens = new ArrayList<>();
        float[] scores = new float[count];
        for (int id = 0; id < count; id++) {
            if (in.remaining() < 2 * Integer.BYTES) {
                throw wrong(path, count, "it ends behind " + id);
            }
            scores[id] = in.getFloat();
            int length = in.getInt();
            if (length < 0 || length > LONGEST || length > in.remaining()) {
                throw wrong(path, count, "token " + id + " has " + length + " bytes, behind which the file ends");
            }
            tokens.add(token(path, id, in, length));
        }
        if (in.hasRemaining()) {
            throw wrong(path, count, in.remaining() + " bytes follow them");
        }
        return build(path, tokens, scores);
    }

    private static String token(Path path, int id, ByteBuffer in, int length) {
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        if (id >= FIRST_BYTE && id < FIRST_BYTE + BYTES) {
            return spelling(id - FIRST_BYTE);
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            return switch (id) {
                case UNKNOWN -> "<unk>";
                case BEGIN -> "<s>";
                case END -> "</s>";
                default -> text.replace(' ', '\u2581');
            };
        } catch (CharacterCodingException e) {
            throw new UserError(path + ": token " + id + " is not valid UTF-8; make the file anew", e);
        }
    }

    /** How the token of a byte is spelled. */
    static String spelling(int value) {
        return String.format("<0x%02X>", value);
    }

    private static Llama2cTokenizer build(Path path, List<String> tokens, float[] scores) {
        TokenizerBuilder builder = new TokenizerBuilder(path.toString(), tokens);
        builder.add(UNKNOWN, true);
        builder.add(BEGIN, true);
        builder.add(END, true);
        builder.unknown(UNKNOWN);
        builder.begin(BEGIN, true);
        builder.end(END);
        builder.end(BEGIN);
        Set<Integer> mergeable = new HashSet<>();
        for (int id = FIRST_BYTE + BYTES; id < tokens.size(); id++) {
            mergeable.add(id);
        }
        return new Llama2cTokenizer(builder.sentencePieces(scores, mergeable, true), builder.generation());
    }

    private static UserError wrong(Path path, int count, String what) {
        return new UserError(path + " is not the tokenizer of a model of " + count + " tokens: " + what
                + "; give the right one with 'import --tokenizer', or take it away");
    }
}
