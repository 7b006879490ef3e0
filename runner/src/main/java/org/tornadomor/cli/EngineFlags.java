package org.tornadomor.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.DeviceProbe;
import org.tornadomor.cli.options.EngineChoice;
import org.tornadomor.cli.options.EngineKind;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.cli.options.Notes;
import org.tornadomor.cli.options.Sdk;

/**
 * Tells the launcher which JVM flags a command line needs besides those of the CPU engine, one a line: the flags of an SDK, or
 * none. They have to be known before the JVM of the command starts.
 */
final class EngineFlags {
    /** The commands that compute. */
    private static final Set<String> COMPUTING = Set.of(
            "demo", "train", "generate", "evaluate", "logits", "convert", "teacher", "experiment", "play", "serve");

    private static final Set<String> HELP = Set.of("-h", "--help", "-V", "--version");

    private EngineFlags() {}

    /** @param args the command line that the launcher was called with */
    public static void main(String[] args) {
        try {
            of(args).forEach(System.out::println);
        } catch (UserError e) {
            Notes.say(e.getMessage());
            System.exit(ExitCode.FAILURE);
        }
    }

    /**
     * The flags that a command line needs beside those of the CPU engine.
     *
     * @throws UserError if it asks for an SDK that there is not
     */
    static List<String> of(String... args) {
        return flags(wanted(args));
    }

    /**
     * The engine that a command line asks for; {@link EngineKind#CPU} if it computes nothing. A command line that makes no
     * sense is left to the command to refuse.
     */
    static EngineKind wanted(String... args) {
        String command = null;
        String engine = null;
        boolean device = false;
        boolean threads = false;
        for (int i = 0; i < args.length; i++) {
            String name = args[i].split("=", 2)[0];
            if (HELP.contains(name)) {
                return EngineKind.CPU;
            }
            device |= name.equals(EngineChoice.DEVICE);
            threads |= name.equals(EngineChoice.THREADS) || name.equals(EngineChoice.PRODUCTS);
            if (name.equals(EngineChoice.ENGINE)) {
                engine = !name.equals(args[i])
                        ? args[i].substring(name.length() + 1)
                        : i + 1 < args.length ? args[i + 1] : engine;
            }
            if (command == null && !name.startsWith("-")) {
                command = name;
            }
        }
        String standard = command == null ? null : standardEngine(command);
        if (standard == null) {
            return EngineKind.CPU;
        }
        return EngineChoice.narrow(kind(engine == null ? standard : engine), device, threads);
    }

    /** The engine of a command if the command line names none; null if the command computes nothing. */
    private static String standardEngine(String command) {
        return COMPUTING.contains(command)
                ? EngineKind.AUTO.toString()
                : CommandProvider.of(command)
                        .map(CommandProvider::standardEngine)
                        .orElse(null);
    }

    private static EngineKind kind(String name) {
        try {
            return EngineKind.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return EngineKind.CPU;
        }
    }

    private static List<String> flags(EngineKind kind) {
        return switch (kind) {
            case CPU, SIMULATOR -> List.of();
            case TORNADO ->
                Sdk.find().orElseThrow(() -> new UserError(Sdk.MISSING)).flags();
            case AUTO -> acceleratorInSight() ? automatic() : List.of();
        };
    }

    /** The SDK's flags if it reaches an accelerator. */
    private static List<String> automatic() {
        try {
            Optional<Sdk> sdk = Sdk.find();
            if (sdk.isEmpty()) {
                return List.of();
            }
            List<String> flags = sdk.get().flags();
            DeviceProbe.Answer answer = DeviceProbe.ask(flags, DeviceProbe.LIMIT);
            if (answer.problem() == null) {
                return answer.hasAccelerator() ? flags : List.of();
            }
            note("the TornadoVM in " + sdk.get().home() + " " + answer.problem());
        } catch (UserError e) {
            note(e.getMessage());
        }
        return List.of();
    }

    private static void note(String text) {
        Notes.say("computing on the CPU: " + text);
    }

    /**
     * Whether the machine may have an accelerator: the device files of NVIDIA, of Linux' graphics and AMD's compute drivers,
     * and of the Windows subsystem for Linux. Only Linux shows that so cheaply.
     */
    private static boolean acceleratorInSight() {
        return !System.getProperty("os.name").equals("Linux") || acceleratorInSight(Path.of("/dev"));
    }

    /** As {@link #acceleratorInSight()} in a folder of device files. */
    static boolean acceleratorInSight(Path dev) {
        return Files.exists(dev.resolve("kfd"))
                || Files.exists(dev.resolve("dxg"))
                || any(dev, "nvidia[0-9]*")
                || any(dev.resolve("dri"), "renderD*");
    }

    private static boolean any(Path folder, String glob) {
        try (var found = Files.newDirectoryStream(folder, glob)) {
            return found.iterator().hasNext();
        } catch (java.io.IOException e) {
            return false;
        }
    }
}
