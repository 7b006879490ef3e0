package org.tornadomor.cli.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.engine.tornado.DeviceInfo;
import org.tornadomor.engine.tornado.Devices;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Asks another JVM which devices its TornadoVM has. */
public final class DeviceProbe {
    /** Drivers start in one to three seconds, even on a busy machine. */
    public static final Duration LIMIT = Duration.ofSeconds(30);

    private DeviceProbe() {}

    /**
     * What the other JVM said.
     *
     * @param devices empty if it failed
     * @param problem why it failed, in a few words; null if it did not
     */
    public record Answer(List<DeviceInfo> devices, String problem) {
        /** Whether there is more to compute on than the processors of the machine. */
        public boolean hasAccelerator() {
            return devices.stream().anyMatch(DeviceInfo::accelerator);
        }
    }

    /**
     * The JVM that is asked: writes its devices, or why there are none, to the file that its last argument names.
     *
     * @param args whether its flags were those of an SDK, and the file
     */
    public static void main(String[] args) throws IOException {
        Answer answer;
        try {
            requireRuntime(Boolean.parseBoolean(args[0]));
            answer = new Answer(Devices.list(), null);
        } catch (UserError e) {
            answer = new Answer(List.of(), e.getMessage());
        }
        Files.writeString(Path.of(args[1]), JsonMapper.shared().writeValueAsString(answer));
        // Drivers may leave threads behind.
        Runtime.getRuntime().halt(0);
    }

    /**
     * Refuses a JVM that was given the flags of an SDK and has none of its modules: it would answer for the simulator on its class path.
     *
     * @throws UserError if that is so
     */
    public static void requireRuntime(boolean sdk) {
        if (sdk && Devices.runtime() != Devices.Runtime.SDK) {
            throw new UserError(
                    "is not started by its own tornado-argfile, which adds no module of it; install it again");
        }
    }

    /** Asks a JVM of this JDK with these flags, which are those of an SDK; without any, it has the simulator. */
    public static Answer ask(List<String> flags, Duration limit) {
        return ask(OtherJvm.java(), flags, limit);
    }

    /** As {@link #ask(List, Duration)} with another launcher. */
    static Answer ask(String java, List<String> flags, Duration limit) {
        // One question: compiling well would take longer than the answer.
        List<String> all = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1"));
        all.addAll(flags);
        OtherJvm.Result result = OtherJvm.run(
                java, all, DeviceProbe.class, List.of(Boolean.toString(!flags.isEmpty())), limit, text -> {});
        if (result.problem() != null) {
            return failed(result.problem());
        }
        try {
            return JsonMapper.shared().readValue(result.answer(), Answer.class);
        } catch (JacksonException e) {
            return failed("gave an answer that cannot be read" + result.lastLine());
        }
    }

    private static Answer failed(String problem) {
        return new Answer(List.of(), problem);
    }
}
