package org.tornadomor.simulator;

import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.DiscontinuedInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Follows the parameters of a kernel through its bytecode: which arrays it reads and writes, where its barriers are, and
 * whether it can be stopped at them. One pass over the operand stack; local variables collect origins over two passes,
 * which suffices since an origin only ever spreads.
 */
final class KernelAnalysis {

    static final int READ = 1;
    static final int WRITE = 2;

    private static final int LOCAL_MEMORY = 1 << 30;
    private static final String API = "uk/ac/manchester/tornado/api/";
    private static final String CONTEXT = API + "KernelContext";

    /**
     * What a method does.
     *
     * @param access for each parameter that is an array, what happens to it: {@link #READ} and {@link #WRITE}
     * @param barriers in code order
     * @param suspendable whether the operand stack is empty at each barrier
     * @param localAccesses which of its loads from and stores to Java arrays, counted in code order, may touch local
     *     memory
     * @param contextEscapes whether it passes its context to another method that holds barriers, or may hold some
     * @param result the origins of what it returns, a bit for each parameter
     */
    record Summary(
            int[] access,
            List<Barrier> barriers,
            boolean suspendable,
            BitSet localAccesses,
            boolean contextEscapes,
            int result) {
        boolean mayWait() {
            return contextEscapes || !barriers.isEmpty();
        }
    }

    private final ClassBytes classes;
    private final Map<String, Summary> known = new HashMap<>();

    KernelAnalysis(ClassBytes classes) {
        this.classes = classes;
    }

    /** {@return the summary of a static method, or null if its bytecode cannot be found or followed} */
    Summary summarize(String owner, String name, MethodTypeDesc type) {
        String key = owner + "." + name + type.descriptorString();
        if (known.containsKey(key)) {
            return known.get(key);
        }
        // a recursive call meets this entry: kernels cannot recurse on a device
        known.put(key, null);
        MethodModel method = classes.method(owner, name, type);
        Summary summary = method == null ? null : new Pass(type).run(method);
        known.put(key, summary);
        return summary;
    }

    /** The passes over one method. */
    private final class Pass {
        private final int[] access;
        private final Map<Integer, Integer> variables = new HashMap<>();
        private final Map<Label, OriginStack> targets = new HashMap<>();
        private final OriginStack stack = new OriginStack();
        private final List<Barrier> barriers = new ArrayList<>();
        private boolean reachable = true;
        private boolean suspendable = true;
        private final BitSet localAccesses = new BitSet();
        private int arrayAccesses;
        private boolean contextEscapes;
        private int contextOrigins;
        private int result;
        private int line;

        private Pass(MethodTypeDesc type) {
            access = new int[type.parameterCount()];
            int slot = 0;
            for (int i = 0; i < access.length; i++) {
                ClassDesc parameter = type.parameterType(i);
                if (!parameter.isPrimitive()) {
                    variables.put(slot, i < 30 ? 1 << i : 0);
                }
                if (parameter.descriptorString().equals("L" + CONTEXT + ";")) {
                    contextOrigins |= 1 << i;
                }
                slot += TypeKind.from(parameter).slotSize();
            }
        }

        private Summary run(MethodModel method) {
            CodeModel code = method.code().orElse(null);
            if (code == null
                    || !method.flags().has(java.lang.reflect.AccessFlag.STATIC)
                    || !((CodeAttribute) code).exceptionHandlers().isEmpty()) {
                return null;
            }
            for (int pass = 0; pass < 2; pass++) {
                barriers.clear();
                targets.clear();
                stack.clear();
                arrayAccesses = 0;
                reachable = true;
                for (CodeElement element : code) {
                    step(element);
                }
            }
            return new Summary(access, List.copyOf(barriers), suspendable, localAccesses, contextEscapes, result);
        }

        private void step(CodeElement element) {
            if (element instanceof LineNumber number) {
                line = number.line();
            } else if (element instanceof LabelTarget target) {
                arrive(target.label());
            } else if (element instanceof Instruction instruction) {
                if (reachable) {
                    execute(instruction);
                }
                if (instruction instanceof ArrayLoadInstruction || instruction instanceof ArrayStoreInstruction) {
                    arrayAccesses++;
                }
            }
        }

        private void touchJavaArray(int origins) {
            if ((origins & LOCAL_MEMORY) != 0) {
                localAccesses.set(arrayAccesses);
            }
        }

        private void arrive(Label label) {
            OriginStack recorded = targets.get(label);
            if (!reachable) {
                stack.become(recorded);
                reachable = true;
            } else if (recorded != null) {
                stack.merge(recorded);
            }
        }

        private void branch(Label target) {
            OriginStack recorded = targets.get(target);
            if (recorded == null) {
                targets.put(target, stack.copy());
            } else {
                recorded.merge(stack);
            }
        }

        private void execute(Instruction instruction) {
            switch (instruction) {
                case LoadInstruction load ->
                    stack.push(variables.getOrDefault(load.slot(), 0), isWide(load.typeKind()));
                case StoreInstruction store -> variables.merge(store.slot(), stack.pop(), (a, b) -> a | b);
                case ConstantInstruction constant -> stack.push(0, isWide(constant.typeKind()));
                case ArrayLoadInstruction load -> {
                    stack.pop();
                    touchJavaArray(stack.pop());
                    stack.push(0, isWide(load.typeKind()));
                }
                case ArrayStoreInstruction ignored -> {
                    stack.pop(2);
                    touchJavaArray(stack.pop());
                }
                case OperatorInstruction operator -> operate(operator);
                case ConvertInstruction convert -> {
                    stack.pop();
                    stack.push(0, isWide(convert.toType()));
                }
                case StackInstruction shuffle -> stack.shuffle(shuffle.opcode());
                case TypeCheckInstruction check -> {
                    if (check.opcode() == Opcode.INSTANCEOF) {
                        stack.pop();
                        stack.push(0, false);
                    }
                }
                case FieldInstruction field -> access(field);
                case InvokeInstruction invoke -> invoke(invoke);
                case InvokeDynamicInstruction invoke -> {
                    stack.pop(invoke.typeSymbol().parameterCount());
                    pushResult(invoke.typeSymbol(), 0);
                }
                case NewObjectInstruction ignored -> stack.push(0, false);
                case NewPrimitiveArrayInstruction ignored -> replaceTop(1);
                case NewReferenceArrayInstruction ignored -> replaceTop(1);
                case NewMultiArrayInstruction array -> replaceTop(array.dimensions());
                case BranchInstruction jump -> jump(jump);
                case TableSwitchInstruction choice -> choose(choice.defaultTarget(), choice.cases());
                case LookupSwitchInstruction choice -> choose(choice.defaultTarget(), choice.cases());
                case ReturnInstruction end -> {
                    if (end.typeKind() == TypeKind.REFERENCE) {
                        result |= stack.pop();
                    }
                    reachable = false;
                }
                case ThrowInstruction ignored -> reachable = false;
                case MonitorInstruction ignored -> stack.pop();
                case DiscontinuedInstruction ignored -> throw new IllegalStateException("jsr and ret are not Java");
                default -> {
                    // iinc and nop leave the stack alone
                }
            }
        }

        private void replaceTop(int count) {
            stack.pop(count);
            stack.push(0, false);
        }

        private void operate(OperatorInstruction operator) {
            Opcode opcode = operator.opcode();
            switch (opcode) {
                case ARRAYLENGTH -> replaceTop(1);
                case INEG, LNEG, FNEG, DNEG -> {
                    stack.pop();
                    stack.push(0, isWide(operator.typeKind()));
                }
                case LCMP, FCMPL, FCMPG, DCMPL, DCMPG -> replaceTop(2);
                default -> {
                    stack.pop(2);
                    stack.push(0, isWide(operator.typeKind()));
                }
            }
        }

        private void access(FieldInstruction field) {
            boolean isWide = isWide(TypeKind.from(field.typeSymbol()));
            switch (field.opcode()) {
                case GETSTATIC -> stack.push(0, isWide);
                case PUTSTATIC -> stack.pop();
                case GETFIELD -> {
                    stack.pop();
                    stack.push(0, isWide);
                }
                default -> stack.pop(2);
            }
        }

        private void jump(BranchInstruction jump) {
            switch (jump.opcode()) {
                case GOTO, GOTO_W -> {
                    branch(jump.target());
                    reachable = false;
                }
                case IFEQ, IFNE, IFLT, IFGE, IFGT, IFLE, IFNULL, IFNONNULL -> {
                    stack.pop();
                    branch(jump.target());
                }
                default -> {
                    stack.pop(2);
                    branch(jump.target());
                }
            }
        }

        private void choose(Label otherwise, List<SwitchCase> cases) {
            stack.pop();
            branch(otherwise);
            cases.forEach(c -> branch(c.target()));
            reachable = false;
        }

        private void invoke(InvokeInstruction invoke) {
            MethodTypeDesc type = invoke.typeSymbol();
            int[] arguments = new int[type.parameterCount()];
            for (int i = arguments.length - 1; i >= 0; i--) {
                arguments[i] = stack.pop();
            }
            String owner = invoke.owner().asInternalName();
            String name = invoke.name().stringValue();
            if (invoke.opcode() == Opcode.INVOKESTATIC) {
                pushResult(type, callHelper(owner, name, type, arguments));
                return;
            }
            int receiver = stack.pop();
            if (owner.equals(CONTEXT)) {
                callContext(name, arguments);
                pushResult(type, name.startsWith("allocate") ? LOCAL_MEMORY : 0);
            } else {
                if (owner.startsWith(API + "types/arrays/")) {
                    touch(receiver, accessOf(name));
                } else {
                    touch(receiver, READ | WRITE);
                }
                for (int argument : arguments) {
                    touch(argument, READ | WRITE);
                }
                pushResult(type, 0);
            }
        }

        private void callContext(String name, int[] arguments) {
            if (name.equals("localBarrier") || name.equals("globalBarrier")) {
                suspendable &= stack.depth() == 0;
                barriers.add(new Barrier(line, name.equals("globalBarrier")));
            } else if (name.equals("atomicAdd")) {
                touch(arguments[0], READ | WRITE);
            }
        }

        /** {@return the origins of what a static method returns} */
        private int callHelper(String owner, String name, MethodTypeDesc type, int[] arguments) {
            int all = 0;
            for (int argument : arguments) {
                all |= argument;
            }
            if (all == 0) {
                return 0;
            }
            Summary helper = summarize(owner, name, type);
            contextEscapes |= (all & contextOrigins) != 0 && (helper == null || helper.mayWait());
            int returned = 0;
            for (int i = 0; i < arguments.length; i++) {
                touch(arguments[i], helper == null ? READ | WRITE : helper.access()[i]);
                if (helper == null || (helper.result() & 1 << i) != 0) {
                    returned |= arguments[i];
                }
            }
            return returned;
        }

        private void touch(int origins, int how) {
            for (int i = 0; i < access.length; i++) {
                if ((origins & 1 << i) != 0) {
                    access[i] |= how;
                }
            }
        }

        private void pushResult(MethodTypeDesc type, int origin) {
            TypeKind kind = TypeKind.from(type.returnType());
            if (kind != TypeKind.VOID) {
                stack.push(origin, isWide(kind));
            }
        }
    }

    private static boolean isWide(TypeKind kind) {
        return kind.slotSize() == 2;
    }

    private static int accessOf(String arrayMethod) {
        return switch (arrayMethod) {
            case "get", "getHalfFloat", "toHeapArray", "toShortArray", "slice" -> READ;
            case "set", "setHalfFloat", "init", "clear" -> WRITE;
            case "getSize", "getElementSize", "getNumBytesOfSegment", "getNumBytesOfSegmentWithHeader" -> 0;
            default -> READ | WRITE;
        };
    }
}
