package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.LocalVariable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadomor.simulator.kernels.BrokenKernels;
import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.TornadoFunctions;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Kernel classes carry local variable tables, and their rewritten copies keep them. */
class KernelClassesTest {

    @Test
    void everyKernelClassHasALocalVariableTable() {
        assertEquals(List.of(), KernelClasses.withoutVariables(GoodKernels.class, BrokenKernels.class));
    }

    @Test
    void aMissingTableIsFound() {
        List<String> missing = KernelClasses.withoutVariables(stripped());
        assertTrue(missing.stream().anyMatch(line -> line.contains("GoodKernels.axpy has no LocalVariableTable")));
    }

    @Test
    void aKernelWithoutTableIsRefused() throws Exception {
        Class<?> kernels = new ClassLoader(GoodKernels.class.getClassLoader()) {
            private final Class<?> copy = defineClass(GoodKernels.class.getName(), stripped(), 0, stripped().length);

            @Override
            public InputStream getResourceAsStream(String name) {
                return new ByteArrayInputStream(stripped());
            }
        }.copy;
        MethodHandle increment = MethodHandles.publicLookup()
                .findStatic(
                        kernels, "increment", MethodType.methodType(void.class, KernelContext.class, FloatArray.class));
        @SuppressWarnings("unchecked")
        TornadoFunctions.Task2<KernelContext, FloatArray> code =
                MethodHandleProxies.asInterfaceInstance(TornadoFunctions.Task2.class, increment);
        Harness.expect(
                Rule.NO_VARIABLES,
                () -> Harness.run(new TaskGraph("g").task("t", code, new KernelContext(), new FloatArray(8)), 8, 8),
                "task g.t: org/tornadomor/simulator/kernels/GoodKernels.increment has no LocalVariableTable");
    }

    /** The class file of the good kernels as javac writes it without -g. */
    private static byte[] stripped() {
        byte[] original = ClassBytes.read(
                GoodKernels.class.getClassLoader(), GoodKernels.class.getName().replace('.', '/'));
        ClassFile stripping = ClassFile.of(ClassFile.DebugElementsOption.DROP_DEBUG);
        return stripping.transformClass(
                stripping.parse(original),
                ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL.andThen((builder, element) -> {
                    if (!(element instanceof LocalVariable)) {
                        builder.with(element);
                    }
                })));
    }

    @Test
    void rewrittenKernelsKeepLinesAndVariables() {
        byte[] original = ClassBytes.read(
                GoodKernels.class.getClassLoader(), GoodKernels.class.getName().replace('.', '/'));
        var kernel = ClassFile.of().parse(original).methods().stream()
                .filter(method -> method.methodName().equalsString("groupSum"))
                .findFirst()
                .orElseThrow();
        BitSet everything = new BitSet();
        everything.set(0, 100);
        byte[] rewritten = KernelRewriter.rewrite(
                original, "groupSum", kernel.methodTypeSymbol(), new KernelRewriter.Wish(true, everything, false));
        var copy = ClassFile.of().parse(rewritten).methods().stream()
                .filter(method -> method.methodName().equalsString("groupSum" + KernelRewriter.SUFFIX))
                .findFirst()
                .orElseThrow();
        assertEquals(DebugInfo.lines(kernel), DebugInfo.lines(copy));
        assertEquals(DebugInfo.variables(kernel), DebugInfo.variables(copy));
        assertTrue(DebugInfo.variables(copy).contains("tree [F"));
        assertEquals(List.of(), ClassFile.of().verify(rewritten));
    }
}
