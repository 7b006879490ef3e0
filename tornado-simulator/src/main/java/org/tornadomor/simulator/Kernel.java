package org.tornadomor.simulator;

import java.lang.classfile.Attributes;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import uk.ac.manchester.tornado.api.KernelContext;

/**
 * The code of a task, made ready to run.
 *
 * @param name of the method, for messages
 * @param body runs one work-item
 * @param loop whether it has no context: a task of parallel loops, or of plain code
 * @param suspends whether the body returns at barriers; else a work-item with barriers needs a thread
 * @param threads whether work-items need threads
 * @param tracksLocals whether the body reports its accesses to local memory
 * @param barriers the barriers, in code order
 * @param access for each argument that is an array, what happens to it: {@link KernelAnalysis#READ},
 *     {@link KernelAnalysis#WRITE}
 * @param parameters for each argument, its name
 */
record Kernel(
        String name,
        KernelBody body,
        boolean loop,
        boolean suspends,
        boolean threads,
        boolean tracksLocals,
        List<Barrier> barriers,
        int[] access,
        String[] parameters) {

    /** Rewritten copies are shared by all tasks of a method. */
    private record Key(Method method, KernelRewriter.Wish wish) {}

    private static final Map<Key, KernelBody> REWRITTEN = new ConcurrentHashMap<>();

    /** {@return the kernel of a task} */
    static Kernel of(TaskSpec task, Options options) {
        int contextAt = contextAt(task.arguments());
        Optional<Method> method = KernelLocator.locate(task);
        return method.filter(m -> m.getParameterCount() == task.arguments().length)
                .flatMap(m -> analysed(m, task, contextAt, options))
                .orElseGet(() -> unknown(task, contextAt));
    }

    private static Optional<Kernel> analysed(Method method, TaskSpec task, int contextAt, Options options) {
        ClassLoader loader = method.getDeclaringClass().getClassLoader();
        ClassBytes classes = new ClassBytes(loader);
        String owner = method.getDeclaringClass().getName().replace('.', '/');
        MethodTypeDesc type = MethodType.methodType(void.class, method.getParameterTypes())
                .describeConstable()
                .orElseThrow();
        KernelAnalysis.Summary summary = new KernelAnalysis(classes).summarize(owner, method.getName(), type);
        if (summary == null) {
            return Optional.empty();
        }
        MethodModel model = classes.method(owner, method.getName(), type);
        KernelClasses.problem(model).filter(problem -> options.checks()).ifPresent(problem -> {
            throw new SimulatorException(
                    Rule.NO_VARIABLES,
                    "task " + task.name() + ": " + problem
                            + ". TornadoVM's OpenCL backend reads that table and fails without it");
        });
        boolean loop = contextAt < 0;
        boolean barriers = !summary.barriers().isEmpty();
        boolean suspend = barriers
                && options.rewrite()
                && !options.threads()
                && summary.suspendable()
                && !summary.contextEscapes()
                && KernelRewriter.knowsVariables(model);
        KernelRewriter.Wish wish = new KernelRewriter.Wish(
                suspend,
                options.checks() && options.rewrite() ? summary.localAccesses() : new BitSet(),
                options.races() && options.rewrite() && loop);
        KernelBody body = wish.nothing()
                ? direct(task, contextAt)
                : REWRITTEN.computeIfAbsent(new Key(method, wish), key -> rewrite(key, owner, type));
        return Optional.of(new Kernel(
                method.getDeclaringClass().getSimpleName() + "." + method.getName(),
                body,
                loop,
                suspend,
                (barriers || summary.contextEscapes()) && !suspend,
                options.checks() && options.rewrite(),
                summary.barriers(),
                summary.access(),
                names(model, method.getParameterCount())));
    }

    private static KernelBody rewrite(Key key, String owner, MethodTypeDesc type) {
        byte[] original = ClassBytes.read(key.method().getDeclaringClass().getClassLoader(), owner);
        return KernelLoader.load(
                key.method(), KernelRewriter.rewrite(original, key.method().getName(), type, key.wish()));
    }

    /** A kernel whose method cannot be found out: it may do anything, so its work-items get threads. */
    private static Kernel unknown(TaskSpec task, int contextAt) {
        int count = task.arguments().length;
        int[] access = new int[count];
        Arrays.fill(access, KernelAnalysis.READ | KernelAnalysis.WRITE);
        String[] names = new String[count];
        Arrays.setAll(names, i -> "argument " + (i + 1));
        boolean loop = contextAt < 0;
        return new Kernel("the code", direct(task, contextAt), loop, false, !loop, false, List.of(), access, names);
    }

    private static KernelBody direct(TaskSpec task, int contextAt) {
        return (context, arguments) -> {
            if (contextAt >= 0) {
                arguments[contextAt] = context;
            }
            task.call(arguments);
            return 0;
        };
    }

    private static int contextAt(Object[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i] instanceof KernelContext) {
                return i;
            }
        }
        return -1;
    }

    private static String[] names(MethodModel method, int count) {
        String[] names = new String[count];
        Arrays.setAll(names, i -> "argument " + (i + 1));
        CodeAttribute code = (CodeAttribute) method.code().orElseThrow();
        code.findAttribute(Attributes.localVariableTable()).ifPresent(table -> {
            int slot = 0;
            for (int i = 0; i < count; i++) {
                int wanted = slot;
                int argument = i;
                table.localVariables().stream()
                        .filter(v -> v.slot() == wanted && v.startPc() == 0)
                        .findFirst()
                        .ifPresent(v -> names[argument] = v.name().stringValue());
                slot += java.lang.classfile.TypeKind.from(
                                method.methodTypeSymbol().parameterType(i))
                        .slotSize();
            }
        });
        return names;
    }
}
