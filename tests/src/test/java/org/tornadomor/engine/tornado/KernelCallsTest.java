package org.tornadomor.engine.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Kernels call nothing that TornadoVM refuses: the simulator runs plain Java, so that only a device would show it. */
class KernelCallsTest {
    @Test
    void everyKernelCallsWhatTornadoVmTakes() {
        JavaClasses all = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.tornadomor.engine.tornado");
        KernelCalls.Result found =
                KernelCalls.of(all.stream().map(type -> type.reflect()).toArray(Class<?>[]::new));
        assertEquals(List.of(), found.refused());
        assertTrue(found.kernels() > 40 && found.methods() > found.kernels() + 10, found.toString());
    }

    /** Each does what the check is there for; the last is sound. */
    private static final class Wrong {
        static void absolute(KernelContext c, IntArray a) {
            a.set(0, Math.abs(a.get(0)));
        }

        static void modulus(KernelContext c, IntArray a) {
            a.set(0, Math.floorMod(a.get(0), 3));
        }

        static void exponential(KernelContext c, FloatArray a) {
            a.set(0, (float) Math.exp(a.get(0)));
        }

        static void text(KernelContext c, IntArray a) {
            a.set(0, "abc".length());
        }

        static void boxes(KernelContext c, IntArray a) {
            Integer boxed = a.get(0);
            a.set(0, boxed.hashCode());
        }

        static void lists(KernelContext c, IntArray a) {
            List<Integer> list = new ArrayList<>();
            a.set(0, list.size());
        }

        static void lambda(KernelContext c, IntArray a) {
            Runnable run = () -> a.set(0, 1);
            run.run();
        }

        static void lookedUp(KernelContext c, IntArray a) {
            a.set(0, TABLE[c.globalIdx]);
        }

        static void throwing(KernelContext c, IntArray a) {
            a.set(0, below(a.get(0)));
        }

        private static int below(int value) {
            return Math.absExact(value);
        }

        static void sound(KernelContext c, IntArray a) {
            c.localBarrier();
            int[] shared = c.allocateIntLocalArray(2);
            float[] own = new float[2];
            own[1] = 1f / a.getSize();
            shared[c.localIdx] = Math.min(a.get(c.globalIdx), Integer.MAX_VALUE) + (int) own[c.localIdx];
            a.set(c.globalIdx, shared[0]);
        }

        private static final int[] TABLE = {1, 2};
    }

    @Test
    void whatItRefusesIsFound() {
        List<String> refused = KernelCalls.of(Wrong.class).refused();
        for (String expected : List.of(
                "absolute (Luk/ac/manchester/tornado/api/KernelContext;Luk/ac/manchester/tornado/api/types/arrays/IntArray;)V:"
                        + " a call of java/lang/Math.abs (I)I",
                "a call of java/lang/Math.floorMod (II)I",
                "a call of java/lang/Math.exp (D)D",
                "the text \"abc\"",
                "a call of java/lang/Integer.valueOf (I)Ljava/lang/Integer;",
                "new java/util/ArrayList",
                "a lambda or joined text, run",
                "the field " + Wrong.class.getName().replace('.', '/') + ".TABLE",
                "below (I)I: a call of java/lang/Math.absExact (I)I")) {
            assertTrue(refused.stream().anyMatch(line -> line.endsWith(expected)), expected + " is not in " + refused);
        }
        assertTrue(refused.stream().noneMatch(line -> line.contains(".sound ")), refused.toString());
    }
}
