package org.tornadomor.engine.tornado;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.reflect.AccessFlag;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What kernels call, read from their class files: the kernels themselves (static methods without a result that take a {@code
 * KernelContext} first) and the static methods of this program that they call, which TornadoVM compiles into them. Anything else has
 * to be something that the graph builders of its backends know, or the compilation fails on a device while all goes well on the JVM.
 */
final class KernelCalls {
    private static final String OWN = "org/tornadomor/";
    private static final String CONTEXT = "uk/ac/manchester/tornado/api/KernelContext";

    /** As {@code owner.name descriptor}: what {@code OCLGraphBuilderPlugins}, {@code OCLMathPlugins} and those of PTX and SPIR-V know. */
    private static final List<Pattern> TAKEN = List.of(
            Pattern.compile(CONTEXT + "\\.(localBarrier|globalBarrier) \\(\\)V"),
            Pattern.compile(CONTEXT + "\\.allocate(Int|Long|Float|Double|Byte|HalfFloat)LocalArray \\(I\\).*"),
            Pattern.compile(CONTEXT + "\\.atomicAdd .*"),
            Pattern.compile("uk/ac/manchester/tornado/api/types/arrays/\\w+Array\\.(get|set|getSize) .*"),
            Pattern.compile(
                    "uk/ac/manchester/tornado/api/math/TornadoMath\\.(sqrt|exp|abs|floor|log|ceil|sin|cos|tan|tanh|asin|acos|atan)"
                            + " \\(([FD])\\)\\2"),
            Pattern.compile("uk/ac/manchester/tornado/api/math/TornadoMath\\.(min|max|pow|atan2) \\(([FD])\\2\\)\\2"),
            Pattern.compile("uk/ac/manchester/tornado/api/math/TornadoMath\\.(min|max) \\(([IJ])\\2\\)\\2"),
            // Whole numbers have no abs: the node of Graal's own plugin has no code on a device.
            Pattern.compile("java/lang/Math\\.(min|max) \\(([FDIJ])\\2\\)\\2"),
            Pattern.compile("java/lang/Math\\.abs \\(([FD])\\)\\1"),
            // The ids of a work-item are Integer objects to the compiler of Java, and plain numbers to TornadoVM.
            Pattern.compile("java/lang/Integer\\.intValue \\(\\)I"),
            Pattern.compile("java/lang/(Integer|Long)\\.bitCount \\([IJ]\\)I"));

    private final Map<String, ClassModel> classes = new HashMap<>();
    private final Set<String> seen = new HashSet<>();
    private final Deque<MethodModel> open = new ArrayDeque<>();
    private final List<String> refused = new ArrayList<>();
    private int kernels;

    private KernelCalls() {}

    /**
     * What was found.
     *
     * @param kernels how many there are
     * @param methods how many there are together with the methods that they call
     * @param refused what TornadoVM would not take, a line each with the method that it stands in
     */
    record Result(int kernels, int methods, List<String> refused) {}

    /** Looks at the kernels of some classes. */
    static Result of(Class<?>... types) {
        KernelCalls calls = new KernelCalls();
        for (Class<?> type : types) {
            for (MethodModel method :
                    calls.model(type.getName().replace('.', '/')).methods()) {
                if (isKernel(method)) {
                    calls.kernels++;
                    calls.enter(method);
                }
            }
        }
        while (!calls.open.isEmpty()) {
            calls.look(calls.open.removeFirst());
        }
        return new Result(calls.kernels, calls.seen.size(), calls.refused);
    }

    private static boolean isKernel(MethodModel method) {
        return method.flags().has(AccessFlag.STATIC)
                && !method.flags().has(AccessFlag.SYNTHETIC)
                && method.methodType().stringValue().startsWith("(L" + CONTEXT + ";")
                && method.methodType().stringValue().endsWith(")V");
    }

    private ClassModel model(String name) {
        return classes.computeIfAbsent(name, n -> {
            try (InputStream in = KernelCalls.class.getClassLoader().getResourceAsStream(n + ".class")) {
                return ClassFile.of().parse(in.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static String name(MethodModel method) {
        return method.parent().orElseThrow().thisClass().asInternalName() + "." + method.methodName() + " "
                + method.methodType();
    }

    private void enter(MethodModel method) {
        if (seen.add(name(method))) {
            open.addLast(method);
        }
    }

    private void look(MethodModel method) {
        for (CodeElement element : method.code().orElseThrow()) {
            String problem = switch (element) {
                case InvokeInstruction call -> call(call);
                case InvokeDynamicInstruction call -> "a lambda or joined text, " + call.name();
                case NewObjectInstruction made -> "new " + made.className().asInternalName();
                case NewReferenceArrayInstruction made ->
                    "an array of " + made.componentType().asInternalName();
                case NewMultiArrayInstruction made ->
                    "an array of arrays, " + made.arrayType().asInternalName();
                case TypeCheckInstruction check -> "a cast or instanceof, " + check.type();
                case ThrowInstruction thrown -> "throw";
                case MonitorInstruction monitor -> "synchronized";
                case ConstantInstruction.LoadConstantInstruction constant
                when constant.constantValue() instanceof String text -> "the text \"" + text + '"';
                case FieldInstruction field -> field(field);
                default -> null;
            };
            if (problem != null) {
                refused.add(name(method) + ": " + problem);
            }
        }
    }

    private String call(InvokeInstruction call) {
        String owner = call.owner().asInternalName();
        String target = owner + "." + call.name() + " " + call.type();
        if (owner.startsWith(OWN) && call.opcode() == Opcode.INVOKESTATIC) {
            MethodModel method = model(owner).methods().stream()
                    .filter(m -> name(m).equals(target))
                    .findFirst()
                    .orElseThrow();
            enter(method);
            return null;
        }
        return TAKEN.stream().anyMatch(known -> known.matcher(target).matches()) ? null : "a call of " + target;
    }

    /**
     * What is wrong with reading a field; null for the ids of a work-item. Constants do not show here: the compiler writes
     * their values.
     */
    private static String field(FieldInstruction field) {
        boolean place = field.owner().asInternalName().equals(CONTEXT) && field.opcode() == Opcode.GETFIELD;
        return place ? null : "the field " + field.owner().asInternalName() + "." + field.name();
    }
}
