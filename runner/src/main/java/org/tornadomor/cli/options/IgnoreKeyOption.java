package org.tornadomor.cli.options;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.model.UnknownKeys;
import picocli.CommandLine.Option;

/** What a command does about keys of a checkpoint's {@code config.json} that are not understood. */
public final class IgnoreKeyOption {
    @Option(
            names = UnknownKeys.OPTION,
            paramLabel = "NAME",
            description =
                    "A key of config.json, or of a GGUF file, to pass over, such as rope_scaling.factor. Keys that are not understood are"
                            + " refused, since they may change what the model computes; name one if you know that it does not. May be"
                            + " given several times.")
    private List<String> keys = new ArrayList<>();

    /** What was asked for; what is passed over is told in a line each. */
    public UnknownKeys unknown(PrintWriter err) {
        return UnknownKeys.passingOver(keys).withNotes(note -> {
            err.println("Note: " + note);
            err.flush();
        });
    }

    /** The keys. */
    List<String> keys() {
        return keys;
    }
}
