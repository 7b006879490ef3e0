package org.tornadomor.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.tornadomor.UserError;
import org.tornadomor.engine.Bfloat16;

class SafeTensorsTest {
    private static final List<DType> WRITABLE = List.of(DType.F32, DType.F16, DType.BF16, DType.I32, DType.I64);

    private Path folder;

    @BeforeProperty
    void createFolder() throws IOException {
        folder = Files.createTempDirectory("safetensors");
    }

    @AfterProperty
    void removeFolder() throws IOException {
        Folders.delete(folder);
    }

    /** Any number of tensors of any type and shape comes back, values that the type can hold unchanged. */
    @Property(tries = 150)
    void roundTrip(
            @ForAll @Size(max = 5) List<@Size(max = 3) List<@IntRange(max = 5) Integer>> shapes, @ForAll long seed) {
        Random random = new Random(seed);
        List<TensorInfo> infos = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            int[] shape = shapes.get(i).stream().mapToInt(d -> d).toArray();
            infos.add(TensorInfo.of("tensor \"" + i + "\" \u00e9", WRITABLE.get(random.nextInt(5)), shape));
        }
        Map<String, float[]> floats = new HashMap<>();
        Map<String, int[]> ints = new HashMap<>();
        Path file = folder.resolve("round.safetensors");
        try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, infos, Map.of("seed", Long.toString(seed)))) {
            for (TensorInfo info : infos.reversed()) {
                int n = (int) info.elements();
                if (info.dtype().isInteger()) {
                    ints.put(info.name(), random.ints(n).toArray());
                    writer.write(info.name(), ints.get(info.name()), 0);
                } else {
                    floats.put(info.name(), exact(random, n));
                    writer.write(info.name(), floats.get(info.name()), 0);
                }
            }
            writer.commit();
        }
        try (TensorSource source = TensorSource.open(file)) {
            assertEquals(
                    infos.stream().map(TensorInfo::name).toList().size(),
                    source.names().size());
            assertEquals(Map.of("seed", Long.toString(seed)), source.metadata());
            infos.forEach(info -> assertEquals(info, source.info(info.name())));
            floats.forEach((name, values) -> assertArrayEquals(values, source.read(name)));
            ints.forEach((name, values) -> assertArrayEquals(values, source.readInts(name)));
        }
    }

    /** Multiples of 1/8 up to 16: eight significant bits, which every float type holds. */
    private static float[] exact(Random random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (random.nextInt(256) - 128) / 8f;
        }
        return values;
    }

    /** Rounding to a narrower type takes the nearest value, and of two equally near the even one. */
    @Property(tries = 500)
    void roundsToNearestEven(@ForAll int bits) {
        float value = Float.intBitsToFloat(bits);
        short rounded = Bfloat16.of(value);
        if (Float.isNaN(value)) {
            assertTrue(Float.isNaN(Bfloat16.value(rounded)));
            return;
        }
        float below = Bfloat16.value((short) (bits >>> 16));
        float above = Float.intBitsToFloat((bits & 0xffff0000) + 0x10000);
        double down = Math.abs((double) value - below);
        double up = Float.isInfinite(above)
                ? Math.abs(value - Math.copySign(0x1p128, value))
                : Math.abs((double) above - value);
        boolean even = ((bits >>> 16) & 1) == 0;
        float expected = Float.isInfinite(value) || down < up || down == up && even ? below : above;
        assertEquals(expected, Bfloat16.value(rounded));
    }

    @Example
    void halvesRoundToNearestEven() {
        float[] values = {1 + 0x1p-11f, 1 + 3 * 0x1p-11f, 65504, -0f, 0x1p-25f, 1 + 0x1p-11f + 0x1p-20f};
        float[] expected = {1, 1 + 0x1p-9f, 65504, -0f, 0, 1 + 0x1p-10f};
        Path file = write("half", TensorInfo.of("x", DType.F16, 6), values);
        try (TensorSource source = SafeTensors.open(file)) {
            assertArrayEquals(expected, source.read("x"));
        }
    }

    @Example
    void tooLargeForTheTypeIsRefused() {
        UserError half = assertThrows(
                UserError.class, () -> write("half", TensorInfo.of("x", DType.F16, 1), new float[] {70000}));
        assertTrue(half.getMessage().contains("tensor x holds 70000.0"), half::getMessage);
        assertThrows(
                UserError.class, () -> write("b", TensorInfo.of("x", DType.BF16, 1), new float[] {Float.MAX_VALUE}));
        assertEquals(List.of(), Folders.list(folder));
    }

    private Path write(String name, TensorInfo info, float[] values) {
        Path file = folder.resolve(name);
        try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, List.of(info), Map.of())) {
            writer.write(info.name(), values, 0);
            writer.commit();
        }
        return file;
    }

    @Example
    void readsDoublesAndParts() throws IOException {
        Path file = folder.resolve("doubles.safetensors");
        Files.write(file, RawFile.of("""
                {"x":{"dtype":"F64","shape":[3],"data_offsets":[0,24]}}""", 1.5, -2.25, 1e-3));
        try (SafeTensors source = SafeTensors.open(file)) {
            assertArrayEquals(new float[] {1.5f, -2.25f, 1e-3f}, source.read("x"));
            float[] part = {9, 9, 9, 9};
            source.read("x", 1, part, 2, 2);
            assertArrayEquals(new float[] {9, 9, -2.25f, 1e-3f}, part);
            assertThrows(IndexOutOfBoundsException.class, () -> source.read("x", 2, part, 0, 2));
            assertThrows(IndexOutOfBoundsException.class, () -> source.read("x", part, 2));
            assertThrows(UserError.class, () -> source.readInts("x"));
            assertThrows(UserError.class, () -> source.info("y"));
        }
    }

    @Example
    void longsThatDoNotFitAreRefused() throws IOException {
        Path file = folder.resolve("longs.safetensors");
        Files.write(file, RawFile.of("""
                {"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""", Double.longBitsToDouble(1L << 40)));
        try (SafeTensors source = SafeTensors.open(file)) {
            UserError error = assertThrows(UserError.class, () -> source.readInts("x"));
            assertTrue(error.getMessage().contains("tensor x holds 1099511627776"), error::getMessage);
            assertThrows(UserError.class, () -> source.read("x"));
        }
    }

    /** More than the writer's buffer, in parts of odd sizes. */
    @Example
    void streams() {
        float[] values = new float[700_001];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 251;
        }
        for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16)) {
            Path file = folder.resolve("large");
            try (SafeTensorsWriter writer =
                    SafeTensorsWriter.create(file, List.of(TensorInfo.of("x", dtype, values.length)), Map.of())) {
                writer.append("x", values, 0, 1);
                writer.append("x", values, 1, values.length - 3);
                writer.append("x", values, values.length - 2, 2);
                writer.commit();
            }
            try (SafeTensors source = SafeTensors.open(file)) {
                assertArrayEquals(values, source.read("x"));
            }
        }
    }

    @Example
    void nothingAppearsBeforeCommit() throws IOException {
        Path file = folder.resolve("old.safetensors");
        Files.writeString(file, "old");
        List<TensorInfo> infos = List.of(TensorInfo.of("x", DType.F32, 2), TensorInfo.of("n", DType.I32, 1));
        try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, infos, Map.of())) {
            writer.append("x", new float[2], 0, 1);
            assertThrows(IllegalStateException.class, writer::commit);
            assertThrows(IllegalArgumentException.class, () -> writer.write("x", new float[2], 0));
            assertThrows(IllegalArgumentException.class, () -> writer.write("y", new float[2], 0));
            assertThrows(IllegalArgumentException.class, () -> writer.write("n", new float[2], 0));
            assertThrows(IllegalArgumentException.class, () -> writer.append("x", new int[2], 0, 1));
            assertEquals("old", Files.readString(file));
        }
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("old.safetensors"), Folders.list(folder));
    }

    @Example
    void unwritableDeclarationsAreRefused() {
        TensorInfo twice = TensorInfo.of("x", DType.F32, 1);
        assertThrows(
                IllegalArgumentException.class,
                () -> SafeTensorsWriter.create(folder.resolve("a"), List.of(twice, twice), Map.of()));
        assertThrows(
                IllegalArgumentException.class,
                () -> SafeTensorsWriter.create(
                        folder.resolve("a"), List.of(TensorInfo.of("x", DType.U8, 1)), Map.of()));
    }

    @Example
    void theDiskMayRefuse() throws IOException {
        Path inTheWay = Files.writeString(folder.resolve("file"), "");
        List<TensorInfo> infos = List.of(TensorInfo.of("x", DType.F32, 1));
        UserError error = assertThrows(
                UserError.class, () -> SafeTensorsWriter.create(inTheWay.resolve("x.safetensors"), infos, Map.of()));
        assertTrue(
                error.getMessage().startsWith("Cannot write " + inTheWay.resolve("x.safetensors")), error::getMessage);
        Path full = Path.of("/dev/full");
        if (Files.exists(full)) {
            Files.createSymbolicLink(folder.resolve("full.tmp"), full);
            UserError noSpace = assertThrows(
                    UserError.class, () -> SafeTensorsWriter.create(folder.resolve("full"), infos, Map.of()));
            assertTrue(noSpace.getMessage().contains("no space left"), noSpace::getMessage);
            assertFalse(Files.exists(folder.resolve("full.tmp")));
        }
    }

    @Example
    void shapesMayBeEmptyOrHuge() {
        assertEquals(1, TensorInfo.of("x", DType.F32).elements());
        assertEquals(0, TensorInfo.of("x", DType.F32, 3, 0).elements());
        assertThrows(IllegalArgumentException.class, () -> TensorInfo.of("x", DType.F32, -1));
        long[] huge = new long[3];
        Arrays.fill(huge, 1L << 40);
        assertThrows(IllegalArgumentException.class, () -> new TensorInfo("x", DType.F32, huge));
    }
}
