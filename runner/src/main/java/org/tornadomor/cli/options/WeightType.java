package org.tornadomor.cli.options;

import java.util.Locale;
import org.tornadomor.files.DType;

/** The types in which a checkpoint's weights are written, as --dtype names them. */
public enum WeightType {
    FLOAT32(DType.F32),
    FLOAT16(DType.F16),
    BFLOAT16(DType.BF16);

    private final DType stored;

    WeightType(DType stored) {
        this.stored = stored;
    }

    /** What was asked for, or what the checkpoint has. @param asked may be null */
    public static DType or(WeightType asked, DType otherwise) {
        return asked == null ? otherwise : asked.stored;
    }

    /** How people call a type. */
    public static String label(DType dtype) {
        for (WeightType type : values()) {
            if (type.stored == dtype) {
                return type.name().toLowerCase(Locale.ROOT);
            }
        }
        return dtype.name();
    }
}
