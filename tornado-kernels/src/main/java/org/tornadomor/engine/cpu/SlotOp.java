package org.tornadomor.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** An op that declares the slots it works on and finds them bound when it runs. */
abstract class SlotOp implements CpuOp {
    private final List<Rows> declared = new ArrayList<>();
    private Matrix matrix;
    private Slot matrixSlot;

    final FloatRows floats(Slot slot) {
        return declare(new FloatRows(slot));
    }

    final IntRows ints(Slot slot) {
        return declare(new IntRows(slot));
    }

    final Rows rows(Slot slot) {
        return declare(Rows.of(slot));
    }

    /** The one slot of an op whose numbers may be narrow. */
    final Matrix matrix(Slot slot) {
        matrixSlot = slot;
        matrix = new Matrix();
        return matrix;
    }

    private <T extends Rows> T declare(T rows) {
        declared.add(rows);
        return rows;
    }

    @Override
    public final void run(CpuBinding binding, WorkerTeam team) {
        for (int i = 0; i < declared.size(); i++) {
            declared.get(i).bind(binding);
        }
        if (matrix != null) {
            matrix.bind(binding, matrixSlot);
        }
        run(team);
    }

    /** Runs on the bound slots. */
    abstract void run(WorkerTeam team);
}
