package org.tornadomor.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.tornadomor.language.Generation;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.trainer.Excerpt;
import org.tornadomor.trainer.StepLog;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code samples.jsonl} of a run folder: for each evaluation what the model wrote, and a held-out text with its depths. */
public final class SampleLog implements AutoCloseable {
    /** The name of the file in the run folder. */
    public static final String FILE = "samples.jsonl";

    private static final String PROMPT = "prompt";
    private static final String WRITTEN = "written";
    private static final String SAMPLES = "samples";
    private static final String EXCERPT = "excerpt";

    private final StepLog log;

    private SampleLog(StepLog log) {
        this.log = log;
    }

    /** What was written after a prompt. */
    record Sample(String prompt, List<Piece> written) {}

    /** One line. @param excerpt a held-out text, empty if there is none */
    record Entry(long step, List<Sample> samples, List<Piece> excerpt) {}

    /**
     * Goes on with the log of a run after a step, or begins it; {@code notes} hears what was taken out.
     *
     * @throws org.tornadomor.UserError if it cannot be written
     */
    public static SampleLog resume(Path folder, long step, Consumer<String> notes) {
        return new SampleLog(StepLog.resume(folder.resolve(FILE), step, notes));
    }

    /**
     * Appends a line.
     *
     * @param excerpt null if there is none
     * @throws org.tornadomor.UserError if it cannot be written
     */
    public void write(long step, Tokenizer tokenizer, List<Generation> generations, Excerpt excerpt) {
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("step", step);
        ArrayNode samples = line.putArray(SAMPLES);
        for (Generation it : generations) {
            ObjectNode sample = samples.addObject();
            Piece.Written written = Piece.written(tokenizer, it.promptTokens(), it.tokens(), it.depths());
            sample.put(PROMPT, written.prompt());
            put(sample.putArray(WRITTEN), written.pieces());
        }
        if (excerpt != null) {
            put(line.putArray(EXCERPT), Piece.of(tokenizer, excerpt.tokens(), excerpt.depths(), excerpt.losses()));
        }
        log.append(line);
    }

    /** A piece is an array of text and depth, and of its loss if that is known. */
    private static void put(ArrayNode array, List<Piece> pieces) {
        for (Piece piece : pieces) {
            ArrayNode entry = array.addArray().add(piece.text()).add(piece.depth());
            if (Double.isFinite(piece.loss())) {
                entry.add(Math.round(1e4 * piece.loss()) / 1e4);
            }
        }
    }

    /** The lines of a run, none if there is no such file. @throws org.tornadomor.UserError if it cannot be read */
    static List<Entry> read(Path folder) {
        List<Entry> entries = new ArrayList<>();
        StepLog.read(folder.resolve(FILE), line -> {
            List<Sample> samples = new ArrayList<>();
            for (JsonNode it : line.path(SAMPLES)) {
                samples.add(new Sample(it.path(PROMPT).asString(""), pieces(it.path(WRITTEN))));
            }
            entries.add(new Entry(line.path("step").asLong(0), samples, pieces(line.path(EXCERPT))));
        });
        return entries;
    }

    private static List<Piece> pieces(JsonNode array) {
        List<Piece> pieces = new ArrayList<>();
        for (JsonNode it : array) {
            pieces.add(new Piece(
                    it.path(0).asString(""), it.path(1).asInt(0), it.path(2).asDouble(Double.NaN)));
        }
        return pieces;
    }

    @Override
    public void close() {
        log.close();
    }
}
