package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;

/** Segments are arrays on the device, made when first touched. */
final class TornadoArena extends Arena {
    private final TornadoEngine engine;
    private final DeviceMemory memory;
    private final List<Segment> segments = new ArrayList<>();

    TornadoArena(TornadoEngine engine, DeviceMemory memory, String name, ElementType type) {
        if (type.narrow()) {
            throw new UserError(
                    "the TornadoVM engine has no " + name + " of type " + type + "; use float32, or the cpu engine");
        }
        super(name, type, memory.segmentElements());
        this.engine = engine;
        this.memory = memory;
    }

    /** The segment of this number, on the device. */
    Segment segment(int number) {
        if (segments.size() < segments()) {
            seal();
            List<Integer> sizes = new ArrayList<>();
            for (int i = segments.size(); i < segments(); i++) {
                sizes.add(Math.max(ALIGNMENT, segmentElements(i)));
            }
            segments.addAll(memory.obtain(name(), type(), sizes));
        }
        return segments.get(number);
    }

    @Override
    protected UserError tooLarge(String what, long bytes) {
        return memory.tooLarge(name() + " " + what, bytes);
    }

    @Override
    public void close() {
        memory.release(segments);
        segments.clear();
        engine.forget(this);
    }
}
