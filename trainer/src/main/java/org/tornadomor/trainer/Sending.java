package org.tornadomor.trainer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How changes of weights travel from a worker. What rounding loses is not lost: the worker keeps it and adds it to its next
 * changes (error feedback, arXiv 1809.07599).
 */
public enum Sending {
    /** As they are, 4 bytes each. */
    FLOAT32(4) {
        @Override
        void write(float[] values, int from, int count, ByteBuffer out) {
            out.asFloatBuffer().put(values, from, count);
        }

        @Override
        void add(ByteBuffer in, float[] sum, int count) {
            for (int i = 0; i < count; i++) {
                sum[i] += in.getFloat(4 * i);
            }
        }
    },
    /** The upper half of a float, to the nearest. */
    BFLOAT16(2) {
        @Override
        void write(float[] values, int from, int count, ByteBuffer out) {
            for (int i = 0; i < count; i++) {
                int bits = Float.floatToRawIntBits(values[from + i]);
                // To the nearest, ties to even.
                int rounded = bits + 0x7FFF + (bits >>> Short.SIZE & 1);
                boolean finite = Float.isFinite(values[from + i]);
                out.putShort(2 * i, (short) ((finite ? rounded : bits) >>> Short.SIZE));
            }
        }

        @Override
        void add(ByteBuffer in, float[] sum, int count) {
            for (int i = 0; i < count; i++) {
                sum[i] += Float.intBitsToFloat(in.getShort(2 * i) << Short.SIZE);
            }
        }
    },
    /** The nearest of 255 steps between minus and plus the largest of 256 neighbours, with a float32 for each 256. */
    INT8(1) {
        @Override
        public int bytes(int count) {
            return count + Float.BYTES * Math.ceilDiv(count, BLOCK);
        }

        @Override
        void write(float[] values, int from, int count, ByteBuffer out) {
            for (int block = 0, at = 0; block < count; block += BLOCK) {
                int length = Math.min(BLOCK, count - block);
                float most = 0;
                for (int i = 0; i < length; i++) {
                    most = Math.max(most, Math.abs(values[from + block + i]));
                }
                // Not a number stays one, so that a run that went astray is seen to.
                out.putFloat(at, most / Byte.MAX_VALUE);
                at += Float.BYTES;
                for (int i = 0; i < length; i++) {
                    float steps = most == 0 ? 0 : values[from + block + i] / most * Byte.MAX_VALUE;
                    out.put(at++, (byte) Math.round(steps));
                }
            }
        }

        @Override
        void add(ByteBuffer in, float[] sum, int count) {
            for (int block = 0, at = 0; block < count; block += BLOCK) {
                float scale = in.getFloat(at);
                at += Float.BYTES;
                for (int i = block; i < Math.min(count, block + BLOCK); i++) {
                    sum[i] += scale * in.get(at++);
                }
            }
        }
    };

    private static final int BLOCK = 256;

    private final int width;

    Sending(int width) {
        this.width = width;
    }

    /** Bytes of so many values. */
    public int bytes(int count) {
        return width * count;
    }

    abstract void write(float[] values, int from, int count, ByteBuffer out);

    abstract void add(ByteBuffer in, float[] sum, int count);

    /** What {@code count} values from {@code from} on are sent as. */
    public byte[] encode(float[] values, int from, int count) {
        byte[] bytes = new byte[bytes(count)];
        write(values, from, count, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        return bytes;
    }

    /** Adds what was sent to the first {@code count} places of a sum. */
    public void addTo(float[] sum, int count, byte[] sent) {
        add(ByteBuffer.wrap(sent).order(ByteOrder.LITTLE_ENDIAN), sum, count);
    }
}
