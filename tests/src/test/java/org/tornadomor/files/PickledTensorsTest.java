package org.tornadomor.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;

/** Files of torch.save: tensors, and nothing else. Real ones are read in OfficialCommandTest. */
class PickledTensorsTest {
    /** What a local header, and an entry of the list of contents, begin with. */
    private static final int LOCAL = 0x04034b50;

    private static final int CONTENTS = 0x02014b50;

    private static final byte[] NUMBERS = bytes(1.5f, -2f, 3f, 4f, 5f, 6f, 7f);

    @TempDir
    Path folder;

    private int files;

    private static byte[] bytes(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    /** Writes a pickle, instruction by instruction. */
    private static final class Program {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Program code(int... codes) {
            for (int code : codes) {
                out.write(code);
            }
            return this;
        }

        Program text(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            code('X', utf8.length & 255, utf8.length >> 8, 0, 0);
            out.writeBytes(utf8);
            return this;
        }

        Program global(String module, String name) {
            code('c');
            out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
            return this;
        }

        Program dictionary() {
            return global("collections", "OrderedDict").code(')', 'R');
        }

        Program storage(String type, int elements) {
            return code('(')
                    .text("storage")
                    .global("torch", type)
                    .text("0")
                    .text("cpu")
                    .code('K', elements, 't', 'Q');
        }

        /** A tensor [rows, columns] that begins with element {@code offset}. */
        Program tensor(String type, int stored, int offset, int rows, int columns, int rowStride, int columnStride) {
            return global("torch._utils", "_rebuild_tensor_v2")
                    .code('(')
                    .storage(type, stored)
                    .code('K', offset, 'K', rows, 'K', columns, 0x86, 'K', rowStride, 'K', columnStride, 0x86, 0x89)
                    .dictionary()
                    .code('t', 'R');
        }

        byte[] end() {
            return code('.').out.toByteArray();
        }
    }

    private static Program program() {
        return new Program().code(0x80, 2);
    }

    /** One tensor [2, 3] from the second number on. */
    private static byte[] plain() {
        return program()
                .dictionary()
                .code('(')
                .text("w")
                .tensor("FloatStorage", 7, 1, 2, 3, 3, 1)
                .code('u')
                .end();
    }

    private Path zip(byte[] pickle, byte[] numbers, String order) {
        return zip(pickle, numbers, order, ZipEntry.STORED);
    }

    private Path zip(byte[] pickle, byte[] numbers, String order, int method) {
        Path file = folder.resolve("model-" + files++ + ".bin");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            add(zip, "model/data.pkl", pickle, ZipEntry.STORED);
            if (order != null) {
                add(zip, "model/byteorder", order.getBytes(StandardCharsets.US_ASCII), ZipEntry.STORED);
            }
            if (numbers != null) {
                add(zip, "model/data/0", numbers, method);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    private static void add(ZipOutputStream zip, String name, byte[] bytes, int method) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(method);
        CRC32 check = new CRC32();
        check.update(bytes);
        entry.setSize(bytes.length);
        if (method == ZipEntry.STORED) {
            entry.setCompressedSize(bytes.length);
            entry.setCrc(check.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    private String refusal(Path file) {
        UserError error =
                assertThrows(UserError.class, () -> PickledTensors.open(file).close());
        assertTrue(error.getMessage().contains(file.toString()), error.getMessage());
        return error.getMessage();
    }

    private String refusal(byte[] pickle) {
        return refusal(zip(pickle, NUMBERS, "little"));
    }

    private static void contains(String text, String word) {
        assertTrue(text.contains(word), "'" + word + "' is not in: " + text);
    }

    @Test
    void readsAPartOfAStorage() {
        try (TensorSource tensors = PickledTensors.open(zip(plain(), NUMBERS, "little"))) {
            assertEquals(List.of("w"), tensors.names());
            assertTrue(tensors.info("w").hasShape(2, 3));
            assertArrayEquals(new float[] {-2, 3, 4, 5, 6, 7}, tensors.read("w"));
            float[] some = new float[4];
            tensors.read("w", 2, some, 1, 3);
            assertArrayEquals(new float[] {0, 4, 5, 6}, some);
            assertThrows(IndexOutOfBoundsException.class, () -> tensors.read("w", 4, some, 0, 3));
        }
    }

    /** The attributes of a dictionary, which say versions of modules, are passed over. */
    @Test
    void passesOverVersions() {
        byte[] pickle = program()
                .dictionary()
                .code('(')
                .text("w")
                .tensor("FloatStorage", 7, 0, 1, 7, 7, 1)
                .code('u', '}')
                .text("_metadata")
                .dictionary()
                .text("")
                .code('}')
                .text("version")
                .code('K', 1, 's', 's', 's', 'b')
                .end();
        try (TensorSource tensors = PickledTensors.open(zip(pickle, NUMBERS, null))) {
            assertEquals(7, tensors.read("w").length);
        }
    }

    @Test
    void whatIsNoTensorIsRefusedByName() {
        byte[] call = program()
                .global("os", "system")
                .code('(')
                .text("true")
                .code('t', 'R')
                .end();
        contains(refusal(call), "os.system");
        byte[] inside = program()
                .dictionary()
                .text("w")
                .global("builtins", "eval")
                .code('(')
                .text("1")
                .code('t', 'R', 's')
                .end();
        contains(refusal(inside), "builtins.eval");
        contains(refusal(program().dictionary().text("epoch").code('K', 3, 's').end()), "the entry epoch is no tensor");
        contains(refusal(program().code('K', 3).end()), "something else than a dictionary");
        contains(refusal(new Program().code(0x80, 4, 0x95).end()), "protocol 4");
        contains(refusal(program().code('i').end()), "instruction 0x69");
    }

    @Test
    void tensorsMustLieInTheirNumbers() {
        contains(refusal(entry(7, 2, 2, 3, 3, 1)), "beyond its numbers");
        contains(refusal(entry(7, 0, 3, 2, 1, 3)), "row after row");
        contains(refusal(entry(8, 0, 2, 3, 3, 1)), "incomplete");
        contains(refusal(zip(plain(), null, "little")), "missing");
        contains(refusal(zip(plain(), NUMBERS, "little", ZipEntry.DEFLATED)), "compressed");
        contains(refusal(zip(plain(), NUMBERS, "big")), "order of another machine");
    }

    private static byte[] entry(int stored, int offset, int rows, int columns, int rowStride, int columnStride) {
        return program()
                .dictionary()
                .text("w")
                .tensor("FloatStorage", stored, offset, rows, columns, rowStride, columnStride)
                .code('s')
                .end();
    }

    @Test
    void anythingElseIsRefused() throws IOException {
        Path old = Files.write(folder.resolve("old.bin"), new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10});
        contains(refusal(old), "no zip file");
        Path other = folder.resolve("other.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(other))) {
            add(zip, "readme.txt", new byte[3], ZipEntry.STORED);
        }
        contains(refusal(other), "no data.pkl");
    }

    /** Where each entry of the list of contents begins, and its check sum 16 bytes further on. */
    private static List<Integer> places(byte[] file, int signature) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        return IntStream.rangeClosed(0, file.length - 4)
                .filter(i -> bytes.getInt(i) == signature)
                .boxed()
                .toList();
    }

    private static String readError(Path file) {
        try (TensorSource tensors = PickledTensors.open(file)) {
            return assertThrows(UserError.class, () -> tensors.read("w")).getMessage();
        }
    }

    @Test
    void bytesAreThoseOfTheCheckSum() throws IOException {
        Path good = zip(plain(), NUMBERS, "little");
        byte[] file = Files.readAllBytes(good);
        int last = places(file, Float.floatToIntBits(7)).getFirst();
        file[last + 1] ^= 1;
        String refused = readError(Files.write(folder.resolve("flipped.bin"), file));
        contains(refused, "its entry model/data/0 has other bytes");
        contains(refused, "copy or download it again");
        // The pickle is compared when the file is opened.
        byte[] name = Files.readAllBytes(good);
        name[new String(name, StandardCharsets.ISO_8859_1).indexOf("FloatStorage")] ^= 2;
        contains(refusal(Files.write(folder.resolve("pickle.bin"), name)), "data.pkl has other bytes");
    }

    /** PyTorch can leave them out; what stands there is the same for all. */
    @ParameterizedTest
    @ValueSource(ints = {0, 0xdeadbeef})
    void checkSumsThatWereNotComputedAreNotCompared(int instead) throws IOException {
        byte[] file = Files.readAllBytes(zip(plain(), NUMBERS, "little"));
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> contents = places(file, CONTENTS);
        assertEquals(3, contents.size());
        contents.forEach(at -> bytes.putInt(at + 16, instead));
        try (TensorSource tensors = PickledTensors.open(Files.write(folder.resolve("none.bin"), file))) {
            assertEquals(7, tensors.read("w")[5]);
        }
    }

    @Test
    void damageOfTheZipFileIsToldAsSuch() throws IOException {
        byte[] file = Files.readAllBytes(zip(plain(), NUMBERS, "little"));
        byte[] moved = file.clone();
        moved[places(file, LOCAL).getLast()] ^= 1;
        contains(readError(Files.write(folder.resolve("moved.bin"), moved)), "is not where the list of contents says");
        byte[] first = file.clone();
        first[places(file, LOCAL).getFirst() + 1] ^= 1;
        contains(refusal(Files.write(folder.resolve("first.bin"), first)), "is not where the list of contents says");
        Path cut = Files.write(folder.resolve("cut.bin"), Arrays.copyOf(file, file.length - 30));
        contains(refusal(cut), "end of the zip file is missing or damaged");
    }

    /** Damaged in any way, a file is read or refused in one line. */
    @Test
    void damageIsRefused() throws IOException {
        byte[] good = plain();
        for (int length = 0; length < good.length; length++) {
            refusal(Arrays.copyOf(good, length));
        }
        Random random = new Random(5);
        byte[] file = Files.readAllBytes(zip(good, NUMBERS, "little"));
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] mutant = (i % 2 == 0 ? good : file).clone();
            for (int j = random.nextInt(3); j >= 0; j--) {
                mutant[random.nextInt(mutant.length)] = (byte) random.nextInt();
            }
            Path path = i % 2 == 0 ? zip(mutant, NUMBERS, "little") : Files.write(folder.resolve("mutant"), mutant);
            try (TensorSource tensors = PickledTensors.open(path)) {
                for (String name : tensors.names()) {
                    if (tensors.info(name).elements() <= NUMBERS.length) {
                        tensors.read(name);
                    }
                }
            } catch (UserError e) {
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
                refused++;
            }
            Files.delete(path);
        }
        assertTrue(refused > 500, "" + refused);
    }
}
