package org.tornadomor.files;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.UserError;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The header of a safetensors file: an 8-byte little-endian length, then JSON that gives each tensor its type, its
 * shape and the bytes it occupies behind the header. The tensors must cover those bytes without gap or overlap, so a
 * file that is cut off or grown is always noticed.
 *
 * @param entries in the order of the data
 * @param metadata the {@code __metadata__} strings
 */
record SafeTensorsHeader(List<Entry> entries, Map<String, String> metadata) {
    static final String METADATA = "__metadata__";

    private static final Set<String> KEYS = Set.of("dtype", "shape", "data_offsets");

    /**
     * The limit of the reference implementation: no real header comes near, and a damaged length must not allocate gigabytes.
     */
    static final long MAX_BYTES = 100_000_000;

    /** A tensor and its bytes, {@code begin} inclusive to {@code end} exclusive, counted from the end of the header. */
    record Entry(TensorInfo info, long begin, long end) {}

    /**
     * Parses the JSON of a header.
     *
     * @param dataBytes the bytes behind the header
     * @throws UserError without the file's name, which the caller adds
     */
    static SafeTensorsHeader parse(byte[] json, long dataBytes) {
        JsonNode root;
        try {
            root = StrictJson.parse(json);
        } catch (JacksonException e) {
            throw new UserError("the header is not valid JSON (" + JsonFault.of(e) + ")", e);
        }
        if (!(root instanceof ObjectNode)) {
            throw new UserError("the header is not a JSON object");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, JsonNode> property : root.properties()) {
            if (property.getKey().equals(METADATA)) {
                readMetadata(property.getValue(), metadata);
            } else {
                entries.add(entry(property.getKey(), property.getValue()));
            }
        }
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        checkLayout(entries, dataBytes);
        return new SafeTensorsHeader(List.copyOf(entries), Map.copyOf(metadata));
    }

    private static void readMetadata(JsonNode json, Map<String, String> metadata) {
        if (!(json instanceof ObjectNode)) {
            throw new UserError("the header's " + METADATA + " is not an object");
        }
        for (Map.Entry<String, JsonNode> property : json.properties()) {
            if (!property.getValue().isString()) {
                throw new UserError("the header's " + METADATA + "." + property.getKey() + " is not a string");
            }
            metadata.put(property.getKey(), property.getValue().stringValue());
        }
    }

    private static Entry entry(String name, JsonNode json) {
        for (String key : json.propertyNames()) {
            if (!KEYS.contains(key)) {
                throw new UserError("tensor " + name + ": unknown key " + key);
            }
        }
        DType dtype = dtype(name, json.get("dtype"));
        long[] shape = integers(name, "shape", json.get("shape"));
        long[] offsets = integers(name, "data_offsets", json.get("data_offsets"));
        if (offsets.length != 2 || offsets[0] > offsets[1]) {
            throw new UserError("tensor " + name + ": data_offsets are not a begin and an end");
        }
        TensorInfo info;
        try {
            info = new TensorInfo(name, dtype, shape);
        } catch (IllegalArgumentException e) {
            throw new UserError("tensor " + name + ": " + e.getMessage(), e);
        }
        long bytes = offsets[1] - offsets[0];
        if (info.bytes() != bytes) {
            throw new UserError("tensor " + name + ": " + info.bytes() + " bytes by its shape and dtype, but " + bytes
                    + " by its data_offsets");
        }
        return new Entry(info, offsets[0], offsets[1]);
    }

    private static DType dtype(String name, JsonNode json) {
        String text = json != null && json.isString() ? json.stringValue() : String.valueOf(json);
        for (DType dtype : DType.values()) {
            if (dtype.name().equals(text)) {
                return dtype;
            }
        }
        throw new UserError("tensor " + name + ": unknown dtype " + text);
    }

    private static long[] integers(String name, String key, JsonNode json) {
        if (!(json instanceof ArrayNode array)) {
            throw new UserError("tensor " + name + ": " + key + " is not an array");
        }
        long[] values = new long[array.size()];
        for (int i = 0; i < values.length; i++) {
            JsonNode value = array.get(i);
            if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
                throw new UserError("tensor " + name + ": " + key + " holds " + value + ", which is not a size");
            }
            values[i] = value.longValue();
        }
        return values;
    }

    private static void checkLayout(List<Entry> sorted, long dataBytes) {
        long expected = 0;
        for (Entry entry : sorted) {
            String tensor = "tensor " + entry.info().name();
            if (entry.end() > dataBytes) {
                throw new UserError(
                        tensor + " ends at byte " + entry.end() + " of the data, but the file has only " + dataBytes);
            }
            if (entry.begin() != expected) {
                throw new UserError(tensor + " begins at byte " + entry.begin() + " of the data, where " + expected
                        + " was expected: tensors overlap or leave a gap");
            }
            expected = entry.end();
        }
        if (expected != dataBytes) {
            throw new UserError("the tensors end at byte " + expected + " of the data, but the file has " + dataBytes);
        }
    }
}
