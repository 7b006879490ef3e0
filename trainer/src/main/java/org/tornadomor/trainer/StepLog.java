package org.tornadomor.trainer;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.model.io.InputFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
     * @throws UserError if the log cannot be read or written
     */
    public static StepLog resume(Path file, long step) {
        if (Files.exists(file)) {
            truncate(file, step);
        }
        try {
            return new StepLog(
                    file, Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private static void truncate(Path file, long step) {
        Path aside = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (Stream<String> lines = Files.lines(InputFile.require(file), StandardCharsets.UTF_8)) {
                Files.write(aside, (Iterable<String>) lines.filter(line -> parse(line)
                        .filter(json -> json.path(STEP).asLong(Long.MAX_VALUE) <= step)
                        .isPresent())::iterator);
            }
            try {
                Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException | UncheckedIOException e) {
            throw failure(file, e);
        }
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
        try (Stream<String> lines = Files.lines(InputFile.require(file), StandardCharsets.UTF_8)) {
            lines.forEach(line -> parse(line).ifPresent(reader));
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
