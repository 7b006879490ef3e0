package org.tornadomor.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.DeviceProbe;
import org.tornadomor.cli.options.EngineKind;
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
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor devices}: what there is to compute on. */
@Command(
        name = "devices",
        description = "Lists what models can be computed on: the CPU, the devices of an installed TornadoVM, and its"
                + " simulator.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor devices",
            "  tornado-mor generate --model runs/demo --prompt 'if ' --engine tornado --device opencl:0",
        })
final class DevicesCommand implements Runnable {
    private static final String NONE = "-";

    @Spec
    private CommandSpec spec;

    @Mixin
    private JsonOption json;

    /** A line of the table. {@code device} is null for the CPU engine. */
    private record Row(
            EngineKind engine, DeviceInfo device, String name, int units, long memory, Boolean fp16, boolean standard) {
        static Row of(EngineKind engine, DeviceInfo it, boolean standard) {
            return new Row(engine, it, it.name(), it.computeUnits(), it.memoryBytes(), it.fp16(), standard);
        }
    }

    @Override
    public void run() {
        List<String> notes = new ArrayList<>();
        List<Row> rows = rows(installed(notes), simulated(notes));
        if (json.wanted()) {
            JsonOption.print(spec.commandLine().getOut(), json(rows, notes));
        } else {
            print(rows);
        }
        notes.forEach(note -> spec.commandLine().getErr().println(Installation.NAME + ": " + note));
    }

    /** The devices of the SDK. If this JVM does not run on the SDK, another JVM is asked. */
    private static List<DeviceInfo> installed(List<String> notes) {
        try {
            if (Devices.runtime() == Devices.Runtime.SDK) {
                return Devices.list();
            }
            Sdk sdk = Sdk.find().orElseThrow(() -> new UserError(Sdk.MISSING));
            DeviceProbe.Answer answer = DeviceProbe.ask(sdk.flags(), DeviceProbe.LIMIT);
            if (answer.problem() != null) {
                notes.add("the TornadoVM in " + sdk.home() + " " + answer.problem());
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
