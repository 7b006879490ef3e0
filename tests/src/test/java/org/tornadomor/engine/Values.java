package org.tornadomor.engine;

import java.util.Arrays;

/**
 * The values of one slot of an {@link OpHarness}, before and after the run. They stand inside a larger tensor whose
 * other elements, and rows beyond the slot's count, hold NaN (or an absurd index): an op that reads or writes them is
 * found out.
 */
public final class Values {
    private static final int ABSURD = Integer.MAX_VALUE;

    private final Slot slot;
    private final Tensor whole;
    private final Tensor view;
    private final int firstRow;
    private final int firstColumn;
    private final double[] before;
    private double[] after;

    Values(Slot slot, Tensor whole, int firstRow, int firstColumn) {
        this.slot = slot;
        this.whole = whole;
        this.firstRow = firstRow;
        this.firstColumn = firstColumn;
        this.view = whole.rows(firstRow, slot.rows().max()).columns(firstColumn, slot.columns());
        this.before = new double[whole.size()];
        Arrays.fill(before, slot.type() == ElementType.F32 ? Double.NaN : ABSURD);
    }

    public Slot slot() {
        return slot;
    }

    Tensor view() {
        return view;
    }

    /** Number of rows in use. */
    public int rows() {
        return slot.rows().count();
    }

    public int columns() {
        return slot.columns();
    }

    private int place(int row, int column) {
        return (firstRow + row) * whole.columns() + firstColumn + column;
    }

    /** Sets a value for the run; floats are rounded. */
    public Values set(int row, int column, double value) {
        before[place(row, column)] = slot.type() == ElementType.F32 ? (float) value : value;
        return this;
    }

    /** Sets a value of a vector. */
    public Values set(int row, double value) {
        return set(row, 0, value);
    }

    /** Sets the values from the first on, row by row. */
    public Values setAll(double... values) {
        for (int i = 0; i < values.length; i++) {
            set(i / columns(), i % columns(), values[i]);
        }
        return this;
    }

    /** The value that the run started from. */
    public double before(int row, int column) {
        return before[place(row, column)];
    }

    public double before(int row) {
        return before(row, 0);
    }

    /** What {@link #before(int, int)} gives, row by row. */
    public double[] before() {
        return used(before);
    }

    /** The value that the run left. */
    public double get(int row, int column) {
        return after[place(row, column)];
    }

    public double get(int row) {
        return get(row, 0);
    }

    /** An index that the run left. */
    public int index(int row) {
        return (int) get(row, 0);
    }

    /** All values that the run left, row by row. */
    public double[] get() {
        return used(after);
    }

    private double[] used(double[] from) {
        double[] values = new double[rows() * columns()];
        for (int i = 0; i < values.length; i++) {
            values[i] = from[place(i / columns(), i % columns())];
        }
        return values;
    }

    void upload(Engine engine) {
        if (slot.type() == ElementType.F32) {
            float[] values = new float[before.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) before[i];
            }
            engine.upload(whole, values, 0);
        } else {
            int[] values = new int[before.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (int) before[i];
            }
            engine.upload(whole, values, 0);
        }
    }

    void download(Engine engine) {
        after = new double[before.length];
        if (slot.type() == ElementType.F32) {
            float[] values = new float[before.length];
            engine.download(whole, values, 0);
            for (int i = 0; i < values.length; i++) {
                after[i] = values[i];
            }
        } else {
            int[] values = new int[before.length];
            engine.download(whole, values, 0);
            for (int i = 0; i < values.length; i++) {
                after[i] = values[i];
            }
        }
    }

    /** Everything, or (for a written slot) everything but the rows in use, is as it was. */
    void checkUntouched(boolean written) {
        for (int i = 0; i < before.length; i++) {
            int row = i / whole.columns() - firstRow;
            int column = i % whole.columns() - firstColumn;
            boolean own = row >= 0 && row < rows() && column >= 0 && column < columns();
            boolean same = Double.compare(before[i], after[i]) == 0;
            if (!same && (!own || !written)) {
                throw new AssertionError("element (" + row + ", " + column + ") of " + slot + " was touched");
            }
        }
    }

    double[] everything() {
        return after;
    }
}
