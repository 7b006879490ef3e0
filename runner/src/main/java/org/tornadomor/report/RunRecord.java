package org.tornadomor.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.InputFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code run.json} of a run folder: each time that somebody started the run or went on with it, on what, and how it ended. */
public final class RunRecord {
    /** The name of the file in the run folder. */
    public static final String FILE = "run.json";

    private static final String RUNNING = "running, or killed";
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Path file;
    private final List<Session> sessions;

    /**
     * One session of a run.
     *
     * @param began when, in UTC
     * @param ended when, or empty
     * @param firstStep the first step that it was to take
     * @param outcome how it ended, in words
     * @param facts command line, versions and machine
     */
    public record Session(String began, String ended, long firstStep, String outcome, Map<String, String> facts) {
        public Session {
            // In the order in which they were given, which Map.copyOf would not keep.
            facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        }
    }

    private RunRecord(Path file, List<Session> sessions) {
        this.file = file;
        this.sessions = sessions;
    }

    /**
     * Begins a session.
     *
     * @throws UserError if the file is damaged or cannot be written
     */
    public static RunRecord begin(Path folder, long firstStep, Map<String, String> facts) {
        List<Session> sessions = new ArrayList<>(read(folder));
        sessions.add(new Session(now(), "", firstStep, RUNNING, facts));
        RunRecord record = new RunRecord(folder.resolve(FILE), sessions);
        record.write();
        return record;
    }

    /** Ends the session. @throws UserError if the file cannot be written */
    public void end(String outcome) {
        Session last = sessions.removeLast();
        sessions.add(new Session(last.began(), now(), last.firstStep(), outcome, last.facts()));
        write();
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** The sessions of a run, oldest first; none where nobody wrote them down. @throws UserError if the file is damaged */
    public static List<Session> read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            List<Session> sessions = new ArrayList<>();
            JsonNode all = JSON.readTree(InputFile.text(file)).path("sessions");
            if (!all.isArray() || !all.valueStream().allMatch(JsonNode::isObject)) {
                throw new UserError(
                        file + " has no list of sessions: mend or remove it, the run needs it for its report alone");
            }
            for (JsonNode it : all) {
                Map<String, String> facts = new LinkedHashMap<>();
                it.path("facts")
                        .properties()
                        .forEach(
                                fact -> facts.put(fact.getKey(), fact.getValue().asString("")));
                sessions.add(new Session(
                        it.path("began").asString(""),
                        it.path("ended").asString(""),
                        it.path("first_step").asLong(1),
                        it.path("outcome").asString(""),
                        facts));
            }
            return sessions;
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (JacksonException e) {
            throw new UserError(
                    file + " is not valid JSON: mend or remove it, the run needs it for its report alone", e);
        }
    }

    private void write() {
        ObjectNode json = JSON.createObjectNode();
        ArrayNode list = json.putArray("sessions");
        for (Session it : sessions) {
            ObjectNode session = list.addObject();
            session.put("began", it.began());
            session.put("ended", it.ended());
            session.put("first_step", it.firstStep());
            session.put("outcome", it.outcome());
            ObjectNode facts = session.putObject("facts");
            it.facts().forEach(facts::put);
        }
        AsideFile.writeText(file, JSON.writeValueAsString(json) + "\n");
    }
}
