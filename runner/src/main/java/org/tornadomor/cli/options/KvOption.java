package org.tornadomor.cli.options;

import java.util.Locale;
import org.tornadomor.engine.ElementType;
import picocli.CommandLine.Option;

/** How precisely a command that generates keeps keys and values in memory. */
public final class KvOption {
    @Option(
            names = "--kv",
            paramLabel = "TYPE",
            description =
                    "How keys and values are kept in memory: float32 (default), or bfloat16 (half the memory, almost"
                            + " as exact), which needs the cpu engine.")
    private Type type = Type.FLOAT32;

    private enum Type {
        FLOAT32(ElementType.F32),
        BFLOAT16(ElementType.BF16);

        final ElementType stored;

        Type(ElementType stored) {
            this.stored = stored;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The type for the caches. */
    ElementType type() {
        return type.stored;
    }
}
