package org.tornadomor.simulator;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.attribute.LocalVariableInfo;
import java.lang.classfile.attribute.RuntimeInvisibleTypeAnnotationsAttribute;
import java.lang.classfile.attribute.RuntimeVisibleTypeAnnotationsAttribute;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LocalVariableType;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import uk.ac.manchester.tornado.api.KernelContext;

/**
 * Adds a copy of a kernel to its class that can stop at its barriers and shows its accesses to Java arrays.
 *
 * <p>At a barrier the copy keeps its local variables in the {@link WorkItem} and returns the number of the barrier; called
 * again, it takes them back and goes on behind it. So one thread runs all work-items of a group, phase by phase, and a
 * barrier costs as much as saving a few variables. The copy keeps line numbers and local variable tables: a breakpoint in
 * the kernel stops in it too.
 */
final class KernelRewriter {

    /**
     * What to add to a copy.
     *
     * @param suspend whether it stops at barriers
     * @param localAccesses which loads and stores of Java arrays, counted in code order, to show
     * @param followIterations whether it tells the values of parallel loop variables
     */
    record Wish(boolean suspend, BitSet localAccesses, boolean followIterations) {
        boolean nothing() {
            return !suspend && localAccesses.isEmpty() && !followIterations;
        }
    }

    static final String SUFFIX = "$simulated";

    private static final ClassDesc ITEM = WorkItem.class.describeConstable().orElseThrow();
    private static final ClassDesc CONTEXT =
            KernelContext.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc CHECK =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object, ConstantDescs.CD_int, ITEM);

    private final MethodModel method;
    private final CodeAttribute code;
    private final Wish wish;
    private final int contextSlot;
    private final int itemSlot;
    private final List<LocalVariableInfo> variables;
    private final Set<Integer> assigned = new HashSet<>();
    private final List<ParallelLoops.Loop> loops;

    private KernelRewriter(MethodModel method, Wish wish) {
        this.method = method;
        this.wish = wish;
        code = (CodeAttribute) method.code().orElseThrow();
        contextSlot = contextSlot(method.methodTypeSymbol());
        itemSlot = code.maxLocals();
        variables = variables(code);
        loops = wish.followIterations() ? ParallelLoops.of(code) : List.of();
        for (CodeElement element : code) {
            if (element instanceof StoreInstruction store) {
                assigned.add(store.slot());
            } else if (element instanceof IncrementInstruction increment) {
                assigned.add(increment.slot());
            }
        }
    }

    /**
     * {@return the class with the copy, a public static method that returns an int and is named like the kernel with
     * {@link #SUFFIX}}
     */
    static byte[] rewrite(byte[] classFile, String name, MethodTypeDesc type, Wish wish) {
        ClassFile format = ClassFile.of();
        ClassModel model = format.parse(classFile);
        MethodModel kernel = model.methods().stream()
                .filter(m -> m.methodName().equalsString(name) && m.methodType().equalsString(type.descriptorString()))
                .findFirst()
                .orElseThrow();
        KernelRewriter rewriter = new KernelRewriter(kernel, wish);
        return format.transformClass(
                model,
                ClassTransform.endHandler(builder -> builder.withMethod(
                        name + SUFFIX,
                        type.changeReturnType(ConstantDescs.CD_int),
                        AccessFlag.PUBLIC.mask() | AccessFlag.STATIC.mask() | AccessFlag.SYNTHETIC.mask(),
                        copy -> copy.transformCode(rewriter.code, rewriter.new Copy()))));
    }

    /**
     * {@return whether all variables that live at a barrier are in the local variable table, so that they can be kept:
     * the compiler's own, such as those of a for-each loop, are not}
     */
    static boolean knowsVariables(MethodModel method) {
        CodeAttribute code = (CodeAttribute) method.code().orElseThrow();
        List<LocalVariableInfo> variables = variables(code);
        int at = 0;
        for (CodeElement element : code) {
            if (element instanceof Instruction instruction) {
                int slot = switch (instruction) {
                    case LoadInstruction load -> load.slot();
                    case IncrementInstruction increment -> increment.slot();
                    default -> -1;
                };
                if (slot >= 0 && !covered(variables, slot, at)) {
                    return false;
                }
                at += instruction.sizeInBytes();
            }
        }
        return true;
    }

    private static List<LocalVariableInfo> variables(CodeAttribute code) {
        return code.findAttribute(Attributes.localVariableTable())
                .map(table -> table.localVariables())
                .orElse(List.of());
    }

    private static boolean covered(List<LocalVariableInfo> variables, int slot, int at) {
        return variables.stream().anyMatch(v -> v.slot() == slot && covers(v, at));
    }

    private static boolean covers(LocalVariableInfo variable, int at) {
        return at >= variable.startPc() && at < variable.startPc() + variable.length();
    }

    private static int contextSlot(MethodTypeDesc type) {
        int slot = 0;
        for (ClassDesc parameter : type.parameterList()) {
            if (parameter.equals(CONTEXT)) {
                return slot;
            }
            slot += TypeKind.from(parameter).slotSize();
        }
        return -1;
    }

    private static int parameterSlots(MethodTypeDesc type) {
        return type.parameterList().stream()
                .mapToInt(p -> TypeKind.from(p).slotSize())
                .sum();
    }

    /** Emits the copy. */
    private final class Copy implements CodeTransform {
        private final List<Label> resumes = new ArrayList<>();
        private int at;
        private int barriers;
        private int arrayAccesses;

        @Override
        public void atStart(CodeBuilder builder) {
            if (contextSlot >= 0) {
                builder.aload(contextSlot).invokestatic(ITEM, "of", MethodTypeDesc.of(ITEM, CONTEXT));
            } else {
                builder.invokestatic(ITEM, "current", MethodTypeDesc.of(ITEM));
            }
            builder.astore(itemSlot);
            if (wish.suspend()) {
                dispatch(builder);
            }
        }

        private void dispatch(CodeBuilder builder) {
            long count = code.elementStream().filter(Copy::isBarrier).count();
            List<SwitchCase> cases = new ArrayList<>();
            for (int i = 1; i <= count; i++) {
                Label resume = builder.newLabel();
                resumes.add(resume);
                cases.add(SwitchCase.of(i, resume));
            }
            Label begin = builder.newLabel();
            builder.aload(itemSlot)
                    .invokevirtual(ITEM, "resumePoint", MethodTypeDesc.of(ConstantDescs.CD_int))
                    .tableswitch(begin, cases)
                    .labelBinding(begin);
        }

        @Override
        public void accept(CodeBuilder builder, CodeElement element) {
            if (element instanceof ReturnInstruction) {
                builder.iconst_0().ireturn();
            } else if (wish.suspend() && isBarrier(element)) {
                stop(builder);
            } else if (element instanceof ArrayLoadInstruction
                    && wish.localAccesses().get(arrayAccesses++)) {
                builder.dup2().aload(itemSlot).invokestatic(ITEM, "load", CHECK).with(element);
            } else if (element instanceof ArrayStoreInstruction store
                    && wish.localAccesses().get(arrayAccesses++)) {
                store(builder, store);
            } else if (!describesOriginal(element)) {
                builder.with(element);
            }
            if (element instanceof Instruction instruction) {
                follow(builder, instruction);
                at += instruction.sizeInBytes();
            }
        }

        /** Annotations and generic types, whose ranges do not hold for the copy. */
        private static boolean describesOriginal(CodeElement element) {
            return element instanceof RuntimeVisibleTypeAnnotationsAttribute
                    || element instanceof RuntimeInvisibleTypeAnnotationsAttribute
                    || element instanceof LocalVariableType;
        }

        private void store(CodeBuilder builder, ArrayStoreInstruction store) {
            TypeKind kind = store.typeKind().asLoadable();
            int valueSlot = itemSlot + 1;
            builder.storeLocal(kind, valueSlot)
                    .dup2()
                    .aload(itemSlot)
                    .invokestatic(ITEM, "store", CHECK)
                    .loadLocal(kind, valueSlot);
            builder.with(store);
        }

        /** After an assignment to the variable of a parallel loop, tells the work-item. */
        private void follow(CodeBuilder builder, Instruction instruction) {
            int slot = switch (instruction) {
                case StoreInstruction store -> store.slot();
                case IncrementInstruction increment -> increment.slot();
                default -> -1;
            };
            for (int depth = 0; slot >= 0 && depth < loops.size(); depth++) {
                if (loops.get(depth).assigns(slot, at + instruction.sizeInBytes())) {
                    builder.aload(itemSlot)
                            .loadConstant(depth)
                            .iload(slot)
                            .invokevirtual(
                                    ITEM,
                                    "iteration",
                                    MethodTypeDesc.of(
                                            ConstantDescs.CD_void, ConstantDescs.CD_int, ConstantDescs.CD_int));
                }
            }
        }

        /** Replaces the call of a barrier, with the context on the stack. */
        private void stop(CodeBuilder builder) {
            List<LocalVariableInfo> live = live();
            builder.pop();
            for (LocalVariableInfo variable : live) {
                TypeKind kind = TypeKind.from(variable.typeSymbol()).asLoadable();
                builder.aload(itemSlot)
                        .loadLocal(kind, variable.slot())
                        .loadConstant(variable.slot())
                        .invokevirtual(
                                ITEM,
                                "save",
                                MethodTypeDesc.of(ConstantDescs.CD_void, upper(kind), ConstantDescs.CD_int));
            }
            builder.aload(itemSlot)
                    .loadConstant(barriers + 1)
                    .invokevirtual(ITEM, "suspend", MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_int))
                    .ireturn()
                    .labelBinding(resumes.get(barriers++));
            for (LocalVariableInfo variable : live) {
                TypeKind kind = TypeKind.from(variable.typeSymbol()).asLoadable();
                builder.aload(itemSlot)
                        .loadConstant(variable.slot())
                        .invokevirtual(ITEM, reader(kind), MethodTypeDesc.of(upper(kind), ConstantDescs.CD_int));
                if (kind == TypeKind.REFERENCE) {
                    builder.checkcast(variable.typeSymbol());
                }
                builder.storeLocal(kind, variable.slot());
            }
        }

        /** The variables that hold a value here; parameters that are never assigned come with the next call. */
        private List<LocalVariableInfo> live() {
            int parameters = parameterSlots(method.methodTypeSymbol());
            return variables.stream()
                    .filter(v -> covers(v, at) && (v.slot() >= parameters || assigned.contains(v.slot())))
                    .toList();
        }

        private static boolean isBarrier(CodeElement element) {
            return element instanceof InvokeInstruction invoke
                    && invoke.owner().asSymbol().equals(CONTEXT)
                    && (invoke.name().equalsString("localBarrier")
                            || invoke.name().equalsString("globalBarrier"));
        }

        private static ClassDesc upper(TypeKind kind) {
            return kind == TypeKind.REFERENCE ? ConstantDescs.CD_Object : kind.upperBound();
        }

        private static String reader(TypeKind kind) {
            return switch (kind) {
                case INT -> "intAt";
                case LONG -> "longAt";
                case FLOAT -> "floatAt";
                case DOUBLE -> "doubleAt";
                default -> "objectAt";
            };
        }
    }
}
