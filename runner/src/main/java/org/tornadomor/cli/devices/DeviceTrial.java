package org.tornadomor.cli.devices;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.tornadomor.UserError;
import org.tornadomor.cli.devices.DeviceCheck.Outcome;
import org.tornadomor.cli.options.DeviceProbe;
import org.tornadomor.cli.options.OtherJvm;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Runs {@link DeviceCheck} on a device in a JVM of its own, which a driver may take down with it. */
public final class DeviceTrial {
    /** Compiling all kernels takes minutes on some devices; more than that is a driver that hangs. */
    public static final Duration LIMIT = Duration.ofMinutes(10);

    private static final String BEGINS = "begins";
    private static final String NAME = "name";
    private static final String ERROR = "error";
    private static final String MOST = "limit";
    private static final String SECONDS = "seconds";
    private static final String PROBLEM = "problem";
    private static final String ENDS = "ends";

    private DeviceTrial() {}

    /**
     * What is known of an engine now.
     *
     * @param outcomes of the checks that ended
     * @param problem why not all of them ended, in a few words; null if they did
     */
    public record Verdict(List<Outcome> outcomes, String problem) {
        /** Whether every check ended and rounding explains every error. */
        public boolean trusted() {
            return problem == null && outcomes.stream().allMatch(Outcome::passed);
        }

        /** Seconds of all checks. */
        public double seconds() {
            return outcomes.stream().mapToDouble(Outcome::seconds).sum();
        }

        /** Why it is not trusted, in words. */
        public String reason() {
            return problem != null
                    ? problem
                    : outcomes.stream()
                            .filter(outcome -> !outcome.passed())
                            .map(outcome -> outcome.name() + " is off by more than rounding explains")
                            .findFirst()
                            .orElse("");
        }
    }

    /** Checks the CPU engine, here. @param begins told the name of each check */
    public static Verdict cpu(Consumer<String> begins) {
        List<Outcome> outcomes = new ArrayList<>();
        try (Engine engine = new CpuEngine(Runtime.getRuntime().availableProcessors())) {
            DeviceCheck.run(engine, begins, outcomes::add);
        }
        return new Verdict(outcomes, null);
    }

    /**
     * Checks a device.
     *
     * @param flags of an SDK; empty for the simulator
     * @param device as the engine takes it
     * @param begins told the name of each check
     */
    public static Verdict of(List<String> flags, String device, Consumer<String> begins) {
        return of(OtherJvm.java(), flags, device, begins, LIMIT);
    }

    /** As {@link #of(List, String, Consumer)} with another launcher and time limit. */
    static Verdict of(String java, List<String> flags, String device, Consumer<String> begins, Duration limit) {
        List<String> all =
                new ArrayList<>(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        all.addAll(flags);
        Answers answers = new Answers(begins);
        OtherJvm.Result result = OtherJvm.run(
                java,
                all,
                DeviceTrial.class,
                List.of(Boolean.toString(!flags.isEmpty()), device),
                limit,
                answers::read);
        return answers.verdict(result);
    }

    /** Reads the lines of the other JVM as they come. */
    private static final class Answers {
        private final Consumer<String> begins;
        private final List<Outcome> outcomes = new ArrayList<>();
        private int at;
        private String current;
        private String problem;
        private boolean over;

        Answers(Consumer<String> begins) {
            this.begins = begins;
        }

        /** @param text everything so far; the last line may be half written */
        void read(String text) {
            for (int end = text.indexOf('\n', at); end >= 0; end = text.indexOf('\n', at)) {
                line(text.substring(at, end));
                at = end + 1;
            }
        }

        private void line(String text) {
            JsonNode node;
            try {
                node = JsonMapper.shared().readTree(text);
            } catch (JacksonException e) {
                problem = "gave an answer that cannot be read";
                return;
            }
            if (node.has(BEGINS)) {
                current = node.get(BEGINS).asString();
                begins.accept(current);
            } else if (node.has(PROBLEM)) {
                problem = node.get(PROBLEM).asString();
            } else if (node.has(ENDS)) {
                over = true;
            } else {
                // JSON has no such numbers.
                double error =
                        node.get(ERROR).isNull() ? Double.NaN : node.get(ERROR).asDouble();
                outcomes.add(new Outcome(
                        node.get(NAME).asString(),
                        error,
                        node.get(MOST).asDouble(),
                        node.get(SECONDS).asDouble()));
                current = null;
            }
        }

        Verdict verdict(OtherJvm.Result result) {
            String why = problem != null
                    ? problem
                    : result.problem() != null
                            ? result.problem()
                            : over ? null : "ended before its checks did" + result.lastLine();
            return new Verdict(outcomes, why == null || current == null ? why : "during " + current + ": " + why);
        }
    }

    /**
     * The JVM that checks: a line of JSON for each thing that happens.
     *
     * @param args whether its flags were those of an SDK, the device, and the file
     */
    public static void main(String[] args) throws IOException {
        try (PrintWriter file = new PrintWriter(Files.newBufferedWriter(Path.of(args[2])))) {
            try {
                DeviceProbe.requireRuntime(Boolean.parseBoolean(args[0]));
                EngineOptions options =
                        EngineOptions.standard().withDevice(args[1]).withChecks();
                try (Engine engine = new TornadoEngine(options)) {
                    DeviceCheck.run(
                            engine, name -> say(file, line().put(BEGINS, name)), outcome -> say(file, node(outcome)));
                }
                say(file, line().put(ENDS, true));
            } catch (UserError e) {
                say(file, line().put(PROBLEM, e.getMessage()));
            } catch (RuntimeException | Error e) {
                // Whatever a runtime or a driver throws is an answer to the question whether it can be trusted.
                say(file, line().put(PROBLEM, e.toString().lines().findFirst().orElse("")));
            }
        }
        // Drivers may leave threads behind.
        Runtime.getRuntime().halt(0);
    }

    private static ObjectNode line() {
        return JsonMapper.shared().createObjectNode();
    }

    private static ObjectNode node(Outcome outcome) {
        ObjectNode node = line().put(NAME, outcome.name());
        if (Double.isFinite(outcome.error())) {
            node.put(ERROR, outcome.error());
        } else {
            node.putNull(ERROR);
        }
        return node.put(MOST, outcome.limit()).put(SECONDS, outcome.seconds());
    }

    private static void say(PrintWriter file, ObjectNode line) {
        file.println(line);
        file.flush();
    }
}
