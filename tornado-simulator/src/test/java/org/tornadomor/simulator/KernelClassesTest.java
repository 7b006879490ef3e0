package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.classfile.ClassFile;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadomor.simulator.kernels.BrokenKernels;
import org.tornadomor.simulator.kernels.GoodKernels;

/** Kernel classes carry local variable tables, and their rewritten copies keep them. */
class KernelClassesTest {

    @Test
    void everyKernelClassHasALocalVariableTable() {
        assertEquals(List.of(), KernelClasses.withoutVariables(GoodKernels.class, BrokenKernels.class));
    }

    @Test
    void aMissingTableIsFound() {
        byte[] original = ClassBytes.read(
                GoodKernels.class.getClassLoader(), GoodKernels.class.getName().replace('.', '/'));
        ClassFile stripping = ClassFile.of(ClassFile.DebugElementsOption.DROP_DEBUG);
        byte[] stripped = stripping.transformClass(
                stripping.parse(original),
                java.lang.classfile.ClassTransform.transformingMethodBodies(
                        java.lang.classfile.CodeTransform.ACCEPT_ALL.andThen((builder, element) -> {
                            if (!(element instanceof java.lang.classfile.instruction.LocalVariable)) {
                                builder.with(element);
                            }
                        })));
        List<String> missing = KernelClasses.withoutVariables(stripped);
        assertTrue(missing.stream().anyMatch(line -> line.contains("GoodKernels.axpy has no LocalVariableTable")));
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
