package org.tornadomor.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.tornadomor.Counts;
import org.tornadomor.PublicApi;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.Processors;
import org.tornadomor.engine.Program;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.basics.BlockRows;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.NarrowRows;
import org.tornadomor.engine.cpu.basics.WorkerTeam;
import org.tornadomor.engine.cpu.products.ProductChoice;
import org.tornadomor.engine.cpu.products.ProductProvider;
import org.tornadomor.engine.cpu.products.Products;

/** Pure Java on all cores, float32, with vectors as wide as the machine has them. */
@PublicApi
public final class CpuEngine implements Engine {
    private final WorkerTeam team;
    private final Products products;
    private final Precision precision;
    private final Counters counters = new Counters();
    private final List<CpuArena> arenas = new ArrayList<>();

    /** An engine on all processors that the JVM may use. */
    public CpuEngine() {
        this(Processors.count());
    }

    /**
     * @param threads at least 1; results do not depend on it
     * @throws org.tornadomor.UserError if there are more than four to a processor
     */
    public CpuEngine(int threads) {
        this(threads, ProductProvider.JAVA, Precision.FLOAT32, note -> {});
    }

    /**
     * An engine whose matrix products somebody else may compute.
     *
     * @param threads at least 1; results do not depend on it
     * @param provider of products; its results differ from those of another one by rounding
     * @param precision of products; small ones stay float32, and Java computes the others no faster in bfloat16
     * @param notes hears in one line that Java goes on because the library is not there, or what a measurement showed
     * @throws org.tornadomor.UserError if there are more than four threads to a processor
     */
    public CpuEngine(int threads, ProductProvider provider, Precision precision, Consumer<String> notes) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: " + threads);
        }
        team = new WorkerTeam(Processors.require("threads", threads));
        this.precision = precision;
        try {
            products = ProductChoice.open(provider, precision, team, notes);
        } catch (Throwable t) {
            team.close();
            throw t;
        }
    }

    @Override
    public String describe() {
        return "cpu, " + Counts.of(team.threads(), "thread") + ", vectors of " + Lanes.LENGTH + products.note();
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public Arena arena(String name, ElementType type) {
        CpuArena arena = new CpuArena(this, name, type);
        arenas.add(arena);
        return arena;
    }

    void forget(CpuArena arena) {
        arenas.remove(arena);
        products.forget(arena.changes());
    }

    static CpuArena arenaOf(Tensor tensor) {
        if (tensor.arena() instanceof CpuArena arena) {
            return arena;
        }
        throw new IllegalArgumentException(tensor + " belongs to another engine");
    }

    /** The array of a tensor that is about to be written. */
    private static Object written(Tensor tensor) {
        CpuArena arena = arenaOf(tensor);
        arena.changes().add();
        return arena.array(tensor.segment());
    }

    @Override
    public boolean keeps(ElementType type) {
        return true;
    }

    @Override
    public Program compile(Ops ops) {
        return new CpuProgram(ops, team, products, counters);
    }

    @Override
    public void upload(Tensor tensor, float[] source, int from) {
        Object array = written(tensor);
        int columns = tensor.columns();
        for (int row = 0; row < tensor.rows(); row++) {
            int at = from + row * columns;
            int to = tensor.offset() + row * tensor.stride();
            switch (tensor.type()) {
                case BF16 -> NarrowRows.store(source, at, (short[]) array, to, columns);
                case I8 -> NarrowRows.store(source, at, (byte[]) array, to, columns);
                case Q8 -> BlockRows.store(source, at, (byte[]) array, to, columns);
                default -> System.arraycopy(source, at, (float[]) array, to, columns);
            }
        }
    }

    @Override
    public void uploadBlocks(Tensor tensor, byte[] source, int from) {
        if (tensor.type() != ElementType.Q8) {
            throw new IllegalArgumentException(tensor + " is " + tensor.type());
        }
        byte[] array = (byte[]) written(tensor);
        int columns = tensor.columns();
        for (int row = 0; row < tensor.rows(); row++) {
            BlockRows.copy(
                    source,
                    from + row * BlockRows.bytes(columns),
                    array,
                    tensor.offset() + row * tensor.stride(),
                    columns);
        }
    }

    @Override
    public void upload(Tensor tensor, int[] source, int from) {
        int[] values = (int[]) written(tensor);
        for (int row = 0; row < tensor.rows(); row++) {
            System.arraycopy(
                    source,
                    from + row * tensor.columns(),
                    values,
                    tensor.offset() + row * tensor.stride(),
                    tensor.columns());
        }
    }

    @Override
    public void download(Tensor tensor, float[] target, int at) {
        Object array = arenaOf(tensor).array(tensor.segment());
        int columns = tensor.columns();
        for (int row = 0; row < tensor.rows(); row++) {
            int from = tensor.offset() + row * tensor.stride();
            int to = at + row * columns;
            switch (tensor.type()) {
                case BF16 -> NarrowRows.load((short[]) array, from, target, to, columns);
                case I8 -> {
                    byte[] bytes = (byte[]) array;
                    NarrowRows.load(bytes, from, target, to, columns, NarrowRows.scale(bytes, from + columns));
                }
                case Q8 -> BlockRows.load((byte[]) array, from, columns, 0, target, to, columns);
                default -> System.arraycopy(array, from, target, to, columns);
            }
        }
    }

    @Override
    public void download(Tensor tensor, int[] target, int at) {
        int[] values = (int[]) arenaOf(tensor).array(tensor.segment());
        for (int row = 0; row < tensor.rows(); row++) {
            System.arraycopy(
                    values,
                    tensor.offset() + row * tensor.stride(),
                    target,
                    at + row * tensor.columns(),
                    tensor.columns());
        }
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public long memoryBytes() {
        long bytes = 0;
        for (CpuArena arena : arenas) {
            bytes += arena.bytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        team.close();
        for (CpuArena arena : List.copyOf(arenas)) {
            arena.close();
        }
        products.close();
    }
}
