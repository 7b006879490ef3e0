package org.tornadomor.cli.devices;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.tornadomor.UserError;
import org.tornadomor.cli.devices.DeviceCheck.Outcome;
import org.tornadomor.cli.devices.DeviceTrial.Verdict;
import org.tornadomor.cli.options.EngineKind;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.Notes;
import org.tornadomor.cli.options.Sdk;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.terminal.TextTable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks devices one after the other and shows what came of it. */
public final class DeviceReport {
    private final PrintWriter out;
    private final boolean json;

    /**
     * What is to be checked.
     *
     * @param device as the engine takes it; null for the CPU engine
     * @param name for people
     */
    public record Candidate(EngineKind engine, String device, String name) {
        /** In a line of text. */
        String label() {
            return device == null ? engine.toString() : device;
        }
    }

    /** @param json whether programs read it */
    public DeviceReport(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    /**
     * Checks and prints.
     *
     * @param notes what else is to be said
     * @return whether all can be trusted
     */
    public boolean check(List<Candidate> candidates, List<String> notes) {
        List<Verdict> verdicts = new ArrayList<>();
        for (Candidate candidate : candidates) {
            verdicts.add(verdict(candidate));
        }
        if (json) {
            printJson(candidates, verdicts, notes);
        } else {
            print(candidates, verdicts);
        }
        notes.forEach(Notes::say);
        return verdicts.stream().allMatch(Verdict::trusted);
    }

    private static Verdict verdict(Candidate candidate) {
        Consumer<String> begins = name -> {
            // Where nobody looks, the table says it all.
            if (Terminal.showsProgress()) {
                Notes.say("checking " + candidate.label() + ": " + name);
            }
        };
        return switch (candidate.engine) {
            case CPU -> DeviceTrial.cpu(begins);
            case SIMULATOR -> DeviceTrial.of(List.of(), candidate.device, begins);
            default ->
                DeviceTrial.of(
                        Sdk.find().orElseThrow(() -> new UserError(Sdk.MISSING)).flags(), candidate.device, begins);
        };
    }

    private void print(List<Candidate> candidates, List<Verdict> verdicts) {
        TextTable table = new TextTable("--device", "check", "largest error", "limit", "seconds", "").left(2);
        for (int i = 0; i < candidates.size(); i++) {
            for (Outcome outcome : verdicts.get(i).outcomes()) {
                table.row(
                        candidates.get(i).label(),
                        outcome.name(),
                        number(outcome.error()),
                        number(outcome.limit()),
                        String.format(Locale.ROOT, "%.1f", outcome.seconds()),
                        outcome.passed() ? "ok" : "WRONG");
            }
        }
        table.print(out);
        out.println();
        for (int i = 0; i < candidates.size(); i++) {
            Candidate candidate = candidates.get(i);
            Verdict verdict = verdicts.get(i);
            String who = candidate.label() + " (" + candidate.name + ")";
            out.println(
                    verdict.trusted()
                            ? who + " can be trusted: " + verdict.outcomes().size() + " checks in "
                                    + Figures.duration(verdict.seconds())
                            : who + " CANNOT be trusted: " + verdict.reason());
        }
    }

    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }

    private void printJson(List<Candidate> candidates, List<Verdict> verdicts, List<String> notes) {
        ObjectNode root = JsonOption.object();
        ArrayNode list = root.putArray("devices");
        for (int i = 0; i < candidates.size(); i++) {
            Verdict verdict = verdicts.get(i);
            ObjectNode node = list.addObject();
            node.put("engine", candidates.get(i).engine.toString());
            node.put("device", candidates.get(i).device);
            node.put("name", candidates.get(i).name);
            node.put("trusted", verdict.trusted());
            node.put("reason", verdict.trusted() ? null : verdict.reason());
            ArrayNode checks = node.putArray("checks");
            for (Outcome outcome : verdict.outcomes()) {
                ObjectNode check = checks.addObject().put("name", outcome.name());
                // JSON has no number that is none.
                check.put("error", Double.isFinite(outcome.error()) ? (Double) outcome.error() : null);
                check.put("limit", outcome.limit());
                check.put("seconds", outcome.seconds());
                check.put("passed", outcome.passed());
            }
        }
        notes.forEach(root.putArray("notes")::add);
        JsonOption.print(out, root);
    }
}
