package org.tornadomor.cli.options;

import java.util.Locale;
import org.tornadomor.engine.ElementType;
import picocli.CommandLine.Option;

/** How precisely a command that does not train keeps weights in memory. */
public final class WeightsOption {
    @Option(
            names = "--weights",
            paramLabel = "TYPE",
            description =
                    "How weights are kept in memory: float32, bfloat16 (half the memory, almost as exact), q8 (8 bits, a scale"
                            + " for each 32 weights) or int8 (8 bits, a scale for each row). Narrow weights make generation faster"
                            + " and need the cpu engine; everything is still computed in float32. Default: q8 of a file whose"
                            + " weights are Q8_0, Q5_0 or Q4_0 already, else float32.")
    private Type type;

    private enum Type {
        FLOAT32(ElementType.F32),
        BFLOAT16(ElementType.BF16),
        Q8(ElementType.Q8),
        INT8(ElementType.I8);

        final ElementType stored;

        Type(ElementType stored) {
            this.stored = stored;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How the option calls a type. */
    public static String spelling(ElementType stored) {
        for (Type type : Type.values()) {
            if (type.stored == stored) {
                return type.toString();
            }
        }
        throw new IllegalArgumentException(stored + " is for no weights");
    }

    /** The type for the matrices of a model, or null to leave it to the model. */
    ElementType type() {
        return type == null ? null : type.stored;
    }
}
