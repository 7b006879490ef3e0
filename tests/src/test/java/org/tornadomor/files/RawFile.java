package org.tornadomor.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Safetensors files made by hand, to hold wrong things. */
final class RawFile {
    private RawFile() {}

    /** A header as given, in front of doubles as given. */
    static byte[] of(String header, double... data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(Long.BYTES + json.length + data.length * Double.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        for (double value : data) {
            file.putDouble(value);
        }
        return file.array();
    }
}
