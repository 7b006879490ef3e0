package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.PublicApi;
import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Program;
import org.tornadomor.engine.Tensor;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Programs as TornadoVM task graphs on a device; arenas as arrays that stay there. Runs on an installed TornadoVM or on
 * the project's simulator, whichever the JVM was started with.
 */
@PublicApi
public final class TornadoEngine implements Engine {
    private static final String BAILOUT = "tornado.recover.bailout";
    private static final String CODE_SIZE = "tornado.tvm.maxbytecodesize";
    private static final String EVENTS = "tornado.max.events";
    /** The runtime's room for the byte code of a graph unless the property says otherwise. */
    private static final int DEFAULT_CODE_SIZE = 4096;

    private final EngineOptions options;
    private final DeviceProfile device;
    private final DevicePlan plan;
    private final DeviceMemory memory;
    private final Transfers transfers;
    private final BindingTable table;
    private final TransferReport report = new TransferReport();
    private final Counters counters = new Counters();
    private final List<TornadoArena> arenas = new ArrayList<>();
    private final SharedArrays shared;
    private final List<TornadoProgram.Bound> unresolved = new ArrayList<>();

    /** An engine on the device that the options choose. */
    public TornadoEngine(EngineOptions options) {
        refuseBailout();
        // The runtime reads these once, when it starts. Graphs of a few dozen tasks need more than its defaults; its
        // event lists, which we do not use, are cleared at every execution.
        setDefault(CODE_SIZE, "65536");
        setDefault(EVENTS, "256");
        this.options = options;
        DeviceProfile chosen = DeviceProfile.select(options.device());
        device = options.groups() ? chosen.asAccelerator() : chosen;
        plan = new DevicePlan(device, options.profile(), options.compileOnly());
        KernelContext context = new KernelContext();
        memory = new DeviceMemory(device, plan, options.segmentLimit(), context);
        transfers = new Transfers(plan, memory, report, context);
        table = new BindingTable(memory, transfers);
        shared = new SharedArrays(memory, context);
    }

    /**
     * With recovery on, which is the runtime's default, TornadoVM runs failed kernels as plain Java, where every work-item is
     * number 0: results are wrong, and nothing says so.
     */
    private static void refuseBailout() {
        if (Boolean.parseBoolean(System.getProperty(BAILOUT, "true"))) {
            throw new UserError("TornadoVM would hide failed kernels behind wrong results; start the JVM with -D"
                    + BAILOUT + "=False");
        }
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    @Override
    public String describe() {
        return "tornado, " + device.label() + ", " + device.computeUnits() + " compute units, "
                + (device.globalBytes() >> 20) + " MiB";
    }

    @Override
    public Arena arena(String name, ElementType type) {
        TornadoArena arena = new TornadoArena(this, memory, name, type);
        arenas.add(arena);
        return arena;
    }

    void forget(TornadoArena arena) {
        arenas.remove(arena);
    }

    /** The segment that holds a tensor; from now on it is on the device. */
    static Segment segmentOf(Tensor tensor) {
        if (tensor.arena() instanceof TornadoArena arena) {
            return arena.segment(tensor.segment());
        }
        throw new IllegalArgumentException(tensor + " belongs to another engine");
    }

    @Override
    public Program compile(Ops ops) {
        return new TornadoProgram(this, ops);
    }

    /** A list for the tasks of a program over these segments. */
    TaskList tasks(String program, List<Segment> bySlot) {
        return new TaskList(program, device, shared, bySlot);
    }

    /** Makes graphs from recorded tasks. */
    CompiledProgram build(TaskList tasks) {
        Segment bindings = table.withRoom(Args.ENTRY * tasks.entries().size());
        int codeBytes = Integer.getInteger(CODE_SIZE, DEFAULT_CODE_SIZE);
        return new CompiledProgram(tasks, bindings, memory, plan, codeBytes, options.checked());
    }

    /** The place of a binding's entries in the program's table, or -1 if that is full. */
    int place(CompiledProgram program, List<Tensor> bySlot) {
        return table.place(program.table(), program.entries(bySlot));
    }

    /** Keeps a binding until the first run. */
    TornadoProgram.Bound later(TornadoProgram.Bound binding) {
        unresolved.add(binding);
        return binding;
    }

    /** Compiles what was bound since the last run. */
    void resolveBindings() {
        for (TornadoProgram.Bound binding : List.copyOf(unresolved)) {
            binding.resolve();
        }
        unresolved.clear();
    }

    DevicePlan plan() {
        return plan;
    }

    /** Whether kernels are compiled and never run. */
    boolean compilesOnly() {
        return options.compileOnly();
    }

    @Override
    public void upload(Tensor tensor, float[] source, int from) {
        transfers.upload(TransferReport.UPLOADS, segmentOf(tensor), place(tensor), source, from, tensor.size());
    }

    @Override
    public void upload(Tensor tensor, int[] source, int from) {
        transfers.upload(TransferReport.UPLOADS, segmentOf(tensor), place(tensor), source, from, tensor.size());
    }

    @Override
    public void download(Tensor tensor, float[] target, int at) {
        transfers.download(segmentOf(tensor), place(tensor), tensor.rows(), target, at);
    }

    @Override
    public void download(Tensor tensor, int[] target, int at) {
        transfers.download(segmentOf(tensor), place(tensor), tensor.rows(), target, at);
    }

    private static Transfers.Place place(Tensor tensor) {
        return new Transfers.Place(tensor.offset(), tensor.stride(), tensor.columns());
    }

    /** What moved and what was computed since the last reset. */
    public TransferReport transfers() {
        return report;
    }

    /** The device that the engine runs on. */
    DeviceProfile device() {
        return device;
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public long memoryBytes() {
        return arenas.stream().mapToLong(Arena::bytes).sum();
    }

    @Override
    public void close() {
        plan.close();
        arenas.clear();
    }

    /** What the tasks of all programs share. */
    private static final class SharedArrays implements TaskList.Resources {
        private final DeviceMemory memory;
        private final KernelContext context;
        private final List<FloatArray> noFloats = new ArrayList<>();
        private final List<IntArray> noInts = new ArrayList<>();
        private Segment scratch;
        private int tasks;

        SharedArrays(DeviceMemory memory, KernelContext context) {
            this.memory = memory;
            this.context = context;
            for (int i = 0; i < Call.MAX_FLOATS; i++) {
                noFloats.add(new FloatArray(1));
            }
            for (int i = 0; i < Call.MAX_INTS; i++) {
                noInts.add(new IntArray(1));
            }
        }

        @Override
        public KernelContext context() {
            return context;
        }

        @Override
        public FloatArray noFloats(int number) {
            return noFloats.get(number);
        }

        @Override
        public IntArray noInts(int number) {
            return noInts.get(number);
        }

        @Override
        public Object[] noArrays() {
            List<Object> all = new ArrayList<>(noFloats);
            all.addAll(noInts);
            return all.toArray();
        }

        @Override
        public String nextId(String kernel) {
            return kernel + "_" + tasks++;
        }

        @Override
        public Segment scratch(int floats) {
            if (scratch == null || scratch.elements() < floats) {
                scratch = memory.obtain("scratch memory", ElementType.F32, List.of(floats))
                        .getFirst();
            }
            return scratch;
        }
    }
}
