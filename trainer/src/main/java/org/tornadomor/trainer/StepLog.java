package org.tornadomor.trainer;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.Consumer;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * A file of a run folder with a JSON object a line, each with the {@code step} that it tells of, on the disk as soon as it is
 * written.
 */
public final class StepLog implements AutoCloseable {
    private static final String STEP = "step";

    private final Path file;
    private final BufferedWriter out;

    private StepLog(Path file, BufferedWriter out) {
        this.file = file;
        this.out = out;
    }

    /**
     * Goes on with a log after a step, or begins one. Lines of later steps are taken out, and so is a last line that was cut
     * off.
     *
     * @param step the last step that counts
     * @param notes hears what was taken out, in one line each
     * @throws UserError if the log cannot be read or written
     */
    public static StepLog resume(Path file, long step, Consumer<String> notes) {
        if (Files.exists(file)) {
            new Truncation(file, step).run(notes);
        }
        try {
            return new StepLog(
                    file, Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** Takes lines out of a log, and counts them. */
    private static final class Truncation {
        private final Path file;
        private final long step;
        private long line;
        private long later;
        private long damaged;
        private long firstDamaged;

        Truncation(Path file, long step) {
            this.file = file;
            this.step = step;
        }

        void run(Consumer<String> notes) {
            Path aside = file.resolveSibling(file.getFileName() + ".tmp");
            try {
                try (BufferedReader in = reader(file)) {
                    Files.write(aside, (Iterable<String>) in.lines().filter(this::stays)::iterator);
                }
                try {
                    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
                } catch (AtomicMoveNotSupportedException e) {
                    Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
                }
            } catch (IOException | UncheckedIOException e) {
                throw failure(file, e);
            }
            tell(notes);
        }

        private boolean stays(String text) {
            line++;
            JsonNode at = parse(text).map(json -> json.path(STEP)).orElse(MissingNode.getInstance());
            if (!at.isIntegralNumber() || !at.canConvertToLong()) {
                firstDamaged = damaged++ == 0 ? line : firstDamaged;
                return false;
            }
            later += at.longValue() > step ? 1 : 0;
            return at.longValue() <= step;
        }

        private void tell(Consumer<String> notes) {
            if (later > 0) {
                notes.accept(file.getFileName() + ": took out " + lines(later) + " of steps after " + step
                        + ", which come again");
            }
            if (damaged > 0) {
                notes.accept(
                        file.getFileName() + ": took out " + lines(damaged) + " without a step, damaged or cut off; "
                                + (damaged == 1 ? "it was" : "the first was") + " line " + firstDamaged);
            }
        }

        private static String lines(long count) {
            return Counts.of(count, "line");
        }
    }

    /** Bytes that are not UTF-8 damage only their line. */
    private static BufferedReader reader(Path file) throws IOException {
        return new BufferedReader(new InputStreamReader(InputFile.open(file), StandardCharsets.UTF_8));
    }

    /**
     * Reads a log line by line. Lines that are damaged or cut off are passed over, and a log that is not there has none.
     *
     * @throws UserError if the file cannot be read
     */
    public static void read(Path file, Consumer<JsonNode> reader) {
        if (!Files.exists(file)) {
            return;
        }
        try (BufferedReader in = reader(file)) {
            in.lines().forEach(line -> parse(line).ifPresent(reader));
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (UncheckedIOException e) {
            throw UserError.file("read", file, e.getCause());
        }
    }

    private static Optional<JsonNode> parse(String line) {
        try {
            JsonNode json = JsonMapper.shared().readTree(line);
            return json.isObject() ? Optional.of(json) : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    /**
     * Appends a line.
     *
     * @throws UserError if the disk refuses
     */
    public void append(JsonNode line) {
        try {
            out.write(line.toString());
            out.write('\n');
            out.flush();
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private static UserError failure(Path file, Exception cause) {
        return UserError.file(
                "write", file, cause instanceof IOException e ? e : ((UncheckedIOException) cause).getCause());
    }
}
