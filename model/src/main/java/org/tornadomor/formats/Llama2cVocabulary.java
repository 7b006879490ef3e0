package org.tornadomor.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.formats.common.PieceScores;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.TokenizerFiles;
import org.tornadomor.tokenizer.TextBoundaries;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tokenizer of a checkpoint as llama2.c's {@code tokenizer.bin}, whose layout {@link Llama2cTokenizer} describes. */
public final class Llama2cVocabulary {
    /** How llama2.c's own files spell the first tokens. */
    private static final List<String> SPELLED = List.of("<unk>", "\n<s>\n", "\n</s>\n");

    private static final int FIRST_PIECE = Llama2cTokenizer.FIRST_BYTE + Llama2cTokenizer.BYTES;

    private final String[] tokens;
    private final PieceScores pieces;
    private final TextBoundaries texts;

    private Llama2cVocabulary(String[] tokens, PieceScores pieces, TextBoundaries texts) {
        this.tokens = tokens;
        this.pieces = pieces;
        this.texts = texts;
    }

    /** Where llama2.c and this program look for the tokenizer of a model. */
    public static Path beside(Path model) {
        return model.resolveSibling(Llama2cTokenizer.FILE);
    }

    /**
     * The tokenizer of a checkpoint.
     *
     * @param folder with its {@code tokenizer.json}
     * @param size ids of the model
     * @throws UserError naming what llama2.c's format cannot express
     */
    public static Llama2cVocabulary of(Path folder, int size, TextBoundaries texts) {
        byte[] json = TokenizerFiles.read(folder).get(CheckpointFolder.TOKENIZER_FILE);
        if (json == null) {
            throw refused(
                    texts.tokenizer() == null
                            ? "the checkpoint has none"
                            : "it has bytes alone, and llama2.c reads a vocabulary of SentencePiece");
        }
        JsonNode root = JsonMapper.shared().readTree(json);
        JsonNode model = root.path("model");
        if (!model.path("byte_fallback").asBoolean(false)
                || !model.path("vocab").isObject()) {
            throw refused("it is no BPE of SentencePiece with a token for each byte");
        }
        String[] tokens = new String[size];
        model.path("vocab")
                .properties()
                .forEach(entry -> put(tokens, entry.getValue().intValue(), entry.getKey()));
        for (JsonNode token : root.path("added_tokens")) {
            int id = token.path("id").intValue();
            if (id >= Llama2cTokenizer.FIRST_BYTE) {
                throw refused("it has the special token '"
                        + token.path("content").asString("") + "' besides the first" + " three");
            }
            put(tokens, id, token.path("content").asString(""));
        }
        requireOrder(tokens, texts);
        List<String> merges = new ArrayList<>();
        for (JsonNode merge : model.path("merges")) {
            merges.add(
                    merge.isArray()
                            ? merge.path(0).asString("") + " " + merge.path(1).asString("")
                            : merge.asString(""));
        }
        PieceScores pieces = PieceScores.of(
                root, merges, tokens, id -> id >= FIRST_PIECE, id -> id >= FIRST_PIECE, Llama2cVocabulary::refused);
        if (!pieces.spaceBefore()) {
            throw refused("it puts no space before a text, and llama2.c does");
        }
        return new Llama2cVocabulary(tokens, pieces, texts);
    }

    private static void put(String[] tokens, int id, String token) {
        if (id < 0 || id >= tokens.length) {
            throw refused("it has the id " + id + ", and the model " + tokens.length + " tokens");
        }
        tokens[id] = token;
    }

    private static void requireOrder(String[] tokens, TextBoundaries texts) {
        if (texts.begin().length != 1 || texts.begin()[0] != Llama2cTokenizer.BEGIN) {
            throw refused("its texts do not begin with token 1");
        }
        int missing = IntStream.range(0, tokens.length)
                .filter(id -> tokens[id] == null)
                .findFirst()
                .orElse(-1);
        if (missing >= 0 || tokens.length < FIRST_PIECE) {
            throw refused("it has fewer tokens than the model");
        }
        for (int b = 0; b < Llama2cTokenizer.BYTES; b++) {
            if (!tokens[Llama2cTokenizer.FIRST_BYTE + b].equals(Llama2cTokenizer.spelling(b))) {
                throw refused("tokens 3 to 258 are not the bytes in their order");
            }
        }
    }

    private static UserError refused(String why) {
        return new UserError("the tokenizer cannot be written for llama2.c: " + why);
    }

    /** Tokens that end a text here and not in llama2.c, which ends at 1 and 2. */
    public List<Integer> lostEnds() {
        return texts.ends().stream()
                .filter(id -> id != Llama2cTokenizer.BEGIN && id != Llama2cTokenizer.END)
                .toList();
    }

    /** Whether a file holds this tokenizer already. */
    public boolean isIn(Path file) {
        try {
            return Files.isRegularFile(file) && Arrays.equals(bytes(), Files.readAllBytes(file));
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    /**
     * Writes the file.
     *
     * @throws UserError if the disk refuses
     */
    public void write(Path file) {
        try (AsideFile aside = AsideFile.create(file)) {
            aside.write(ByteBuffer.wrap(bytes()), 0);
            aside.commit();
        }
    }

    private byte[] bytes() {
        List<byte[]> spelled = new ArrayList<>();
        int bytes = Integer.BYTES;
        int longest = 0;
        for (int id = 0; id < tokens.length; id++) {
            String text = id < SPELLED.size() ? SPELLED.get(id) : tokens[id].replace(PieceScores.SPACE, " ");
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            spelled.add(utf8);
            longest = Math.max(longest, utf8.length);
            bytes = Math.addExact(bytes, Float.BYTES + Integer.BYTES + utf8.length);
        }
        ByteBuffer out =
                ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(longest);
        for (int id = 0; id < tokens.length; id++) {
            out.putFloat(pieces.scores()[id]).putInt(spelled.get(id).length).put(spelled.get(id));
        }
        return out.array();
    }
}
