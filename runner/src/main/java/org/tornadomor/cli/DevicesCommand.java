package org.tornadomor.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.tornadomor.UserError;
import org.tornadomor.cli.devices.DeviceReport;
import org.tornadomor.cli.options.DeviceProbe;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.EngineKind;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.Sdk;
import org.tornadomor.engine.tornado.DeviceInfo;
import org.tornadomor.engine.tornado.Devices;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor devices}: what there is to compute on. */
@Command(
        name = "devices",
        description = "Lists what models can be computed on: the CPU, the devices of an installed TornadoVM, and its"
                + " simulator. With --check it shows whether they compute what they should.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor devices",
            "  tornado-mor devices --check",
            "  tornado-mor devices --check --device opencl:0 --json",
            "  tornado-mor generate --model runs/demo --prompt 'if ' --engine tornado --device opencl:0",
        })
final class DevicesCommand implements Callable<Integer> {
    private static final String NONE = "-";
    private static final String CHECK = "--check";

    @Spec
    private CommandSpec spec;

    @Option(
            names = CHECK,
            description =
                    "Run products, golden models, decoding and training steps on the CPU and on each device of the SDK, in a"
                            + " process of its own, and say which can be trusted. On an accelerator that takes some ten seconds. The"
                            + " exit code is 1 if one cannot. The simulator is checked if --device names it.")
    private boolean check;

    @Option(
            names = EngineChoice.DEVICE,
            paramLabel = "BACKEND:INDEX",
            description = "Check this device alone, as the list has it, such as opencl:0.")
    private String device;

    @Mixin
    private JsonOption json;

    /** Whether an installed SDK could not even say which devices it has. */
    private boolean sdkFails;

    /** A line of the table. {@code device} is null for the CPU engine. */
    private record Row(
            EngineKind engine, DeviceInfo device, String name, int units, long memory, Boolean fp16, boolean standard) {
        static Row of(EngineKind engine, DeviceInfo it, boolean standard) {
            return new Row(engine, it, it.name(), it.computeUnits(), it.memoryBytes(), it.fp16(), standard);
        }
    }

    @Override
    public Integer call() {
        if (device != null && !check) {
            throw new UserError(EngineChoice.DEVICE + " chooses what " + CHECK + " checks; add " + CHECK
                    + ", or leave it out to list all devices");
        }
        List<String> notes = new ArrayList<>();
        List<Row> rows = rows(installed(notes), simulated(notes));
        if (check) {
            boolean trusted = new DeviceReport(spec.commandLine().getOut(), json.wanted()).check(chosen(rows), notes);
            return trusted && !sdkFails ? ExitCode.OK : ExitCode.FAILURE;
        }
        if (json.wanted()) {
            JsonOption.print(spec.commandLine().getOut(), json(rows, notes));
        } else {
            print(rows);
        }
        notes.forEach(note -> spec.commandLine().getErr().println(Installation.NAME + ": " + note));
        return ExitCode.OK;
    }

    /** What is to be checked: the device that was named, or the CPU and what an SDK has. */
    private List<DeviceReport.Candidate> chosen(List<Row> rows) {
        List<DeviceReport.Candidate> all = rows.stream()
                .filter(row -> device == null
                        ? row.engine != EngineKind.SIMULATOR
                        : row.device != null && row.device.choice().equalsIgnoreCase(device))
                .map(row -> new DeviceReport.Candidate(
                        row.engine, row.device == null ? null : row.device.choice(), row.name))
                .toList();
        if (all.isEmpty()) {
            throw new UserError("there is no device '" + device + "'; there are: "
                    + rows.stream()
                            .filter(row -> row.device != null)
                            .map(row -> row.device.choice())
                            .collect(Collectors.joining(", ")));
        }
        return all;
    }

    /** The devices of the SDK. If this JVM does not run on the SDK, another JVM is asked. */
    private List<DeviceInfo> installed(List<String> notes) {
        try {
            if (Devices.runtime() == Devices.Runtime.SDK) {
                return Devices.list();
            }
            Sdk sdk = Sdk.find().orElseThrow(() -> new UserError(Sdk.MISSING));
            DeviceProbe.Answer answer = DeviceProbe.ask(sdk.flags(), DeviceProbe.LIMIT);
            if (answer.problem() != null) {
                notes.add("the TornadoVM in " + sdk.home() + " " + answer.problem());
                sdkFails = true;
            }
            return answer.devices();
        } catch (UserError e) {
            notes.add(e.getMessage());
            return List.of();
        }
    }

    private static List<DeviceInfo> simulated(List<String> notes) {
        return switch (Devices.runtime()) {
            case SIMULATOR -> Devices.list();
            case NONE -> List.of();
            case SDK -> {
                DeviceProbe.Answer answer = DeviceProbe.ask(List.of(), DeviceProbe.LIMIT);
                if (answer.problem() != null) {
                    notes.add("the simulator " + answer.problem());
                }
                yield answer.devices();
            }
        };
    }

    private static List<Row> rows(List<DeviceInfo> installed, List<DeviceInfo> simulated) {
        boolean accelerated = installed.stream().anyMatch(DeviceInfo::accelerator);
        List<Row> rows = new ArrayList<>();
        rows.add(new Row(
                EngineKind.CPU,
                null,
                "Java " + Runtime.version().feature() + " on " + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory(),
                false,
                !accelerated));
        installed.forEach(it -> rows.add(Row.of(EngineKind.TORNADO, it, accelerated && it.preferred())));
        simulated.forEach(it -> rows.add(Row.of(EngineKind.SIMULATOR, it, false)));
        return rows;
    }

    private void print(List<Row> rows) {
        TextTable table =
                new TextTable("engine", "backend", "--device", "name", "units", "memory", "fp16", "default").left(4);
        for (Row row : rows) {
            table.row(
                    row.engine.toString(),
                    row.device == null ? NONE : row.device.backend().toLowerCase(Locale.ROOT),
                    row.device == null ? NONE : row.device.choice(),
                    row.name,
                    Integer.toString(row.units),
                    Figures.scaled(row.memory) + "B",
                    row.fp16 == null ? "?" : row.fp16 ? "yes" : "no",
                    row.standard ? "*" : "");
        }
        table.print(spec.commandLine().getOut());
    }

    private static ObjectNode json(List<Row> rows, List<String> notes) {
        ObjectNode root = JsonOption.object();
        ArrayNode list = root.putArray("devices");
        for (Row row : rows) {
            ObjectNode node = list.addObject();
            node.put("engine", row.engine.toString());
            node.put("backend", row.device == null ? null : row.device.backend().toLowerCase(Locale.ROOT));
            node.put("device", row.device == null ? null : row.device.choice());
            node.put("name", row.name);
            node.put("type", row.device == null ? "CPU" : row.device.type());
            node.put("compute_units", row.units);
            node.put("memory_bytes", row.memory);
            node.put("max_allocation_bytes", row.device == null ? null : row.device.allocationBytes());
            node.put("fp16", row.fp16);
            node.put("default", row.standard);
        }
        notes.forEach(root.putArray("notes")::add);
        return root;
    }
}
