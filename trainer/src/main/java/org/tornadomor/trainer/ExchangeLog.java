package org.tornadomor.trainer;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code exchanges.jsonl} of a run folder: a line for each exchange between workers; there is no file without any. */
public final class ExchangeLog implements AutoCloseable {
    /** The name of the file in the run folder. */
    public static final String FILE = "exchanges.jsonl";

    private final Path file;
    private final long step;
    private final Consumer<String> notes;
    private StepLog log;

    /**
     * A log that goes on after a step.
     *
     * @param step the last step that counts
     * @param notes hears of lines that were taken out
     */
    public ExchangeLog(Path runFolder, long step, Consumer<String> notes) {
        file = runFolder.resolve(FILE);
        this.step = step;
        this.notes = notes;
    }

    /**
     * Reads the log of a run, in the order of its lines; it has none where nobody exchanged anything. Lines without their
     * numbers are passed over.
     *
     * @throws org.tornadomor.UserError if it is there and cannot be read
     */
    public static void read(Path runFolder, Consumer<ExchangeMetrics> reader) {
        StepLog.read(runFolder.resolve(FILE), line -> {
            List<Double> work = line.path("work_seconds")
                    .valueStream()
                    .map(value -> value.asDouble(Double.NaN))
                    .toList();
            double seconds = line.path("seconds").asDouble(Double.NaN);
            boolean sound = seconds > 0 && !work.isEmpty() && work.stream().allMatch(Double::isFinite);
            if (sound && Double.isFinite(seconds)) {
                reader.accept(new ExchangeMetrics(
                        line.path("step").asLong(0),
                        line.path("workers").asInt(work.size()),
                        line.path("bytes").asLong(0),
                        seconds,
                        work));
            }
        });
    }

    /**
     * Appends a line.
     *
     * @throws org.tornadomor.UserError if the disk refuses
     */
    public void write(ExchangeMetrics metrics) {
        if (log == null) {
            log = StepLog.resume(file, step, notes);
        }
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("step", metrics.step());
        line.put("workers", metrics.workers());
        line.put("bytes", metrics.bytes());
        line.put("seconds", metrics.seconds());
        line.put("waiting", metrics.waiting());
        metrics.workSeconds().forEach(line.withArray("work_seconds")::add);
        log.append(line);
    }

    @Override
    public void close() {
        if (log != null) {
            log.close();
        }
    }
}
