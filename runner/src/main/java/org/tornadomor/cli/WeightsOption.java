package org.tornadomor.cli;

import java.util.Locale;
import org.tornadomor.engine.ElementType;
import picocli.CommandLine.Option;

/** How precisely a command that does not train keeps weights in memory. */
final class WeightsOption {
    @Option(
            names = "--weights",
            paramLabel = "TYPE",
            description =
                    "How weights are kept in memory: float32 (default), bfloat16 (half the memory, almost as exact)"
                            + " or int8 (a quarter; a scale for each row). Narrow weights make generation faster and need the cpu"
                            + " engine; everything is still computed in float32.")
    private Type type = Type.FLOAT32;

    private enum Type {
        FLOAT32(ElementType.F32),
        BFLOAT16(ElementType.BF16),
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

    /** The type for the matrices of a model. */
    ElementType type() {
        return type.stored;
    }
}
