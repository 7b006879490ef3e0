package org.tornadomor.engine;

import java.util.Arrays;

/**
 * A named matrix (or vector: one column) that lives in an arena: segment, offset and row stride, in elements. Tensors are
 * handles; only the engine that owns the arena can reach the values. Views made with {@link #rows}, {@link #columns} and
 * {@link #reshaped} share the memory of the tensor they come from.
 */
public final class Tensor {
    private final String name;
    private final Arena arena;
    private final int segment;
    private final int offset;
    private final int rows;
    private final int columns;
    private final int stride;
    private final int[] shape;

    Tensor(String name, Arena arena, int segment, int offset, int rows, int columns, int stride, int[] shape) {
        this.name = name;
        this.arena = arena;
        this.segment = segment;
        this.offset = offset;
        this.rows = rows;
        this.columns = columns;
        this.stride = stride;
        this.shape = shape;
    }

    public String name() {
        return name;
    }

    public Arena arena() {
        return arena;
    }

    /** Which segment of the arena. */
    public int segment() {
        return segment;
    }

    /** First element within the segment. */
    public int offset() {
        return offset;
    }

    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    /** Elements from one row to the next. */
    public int stride() {
        return stride;
    }

    /** The shape as a file would state it: one or two dimensions. */
    public int[] shape() {
        return shape.clone();
    }

    /** Number of elements. */
    public int size() {
        return rows * columns;
    }

    public ElementType type() {
        return arena.type();
    }

    public boolean isContiguous() {
        return stride == columns || rows <= 1;
    }

    /** Rows {@code from} to {@code from + count - 1}. */
    public Tensor rows(int from, int count) {
        require(from >= 0 && count >= 0 && from + count <= rows, "rows " + from + "+" + count);
        int[] viewShape = shape.length == 1 ? new int[] {count} : new int[] {count, columns};
        return new Tensor(
                name + "[" + from + ":" + (from + count) + "]",
                arena,
                segment,
                offset + from * stride,
                count,
                columns,
                stride,
                viewShape);
    }

    /** Columns {@code from} to {@code from + count - 1} of every row; not for I8 and Q8, whose rows end in their scales. */
    public Tensor columns(int from, int count) {
        boolean inside = from >= 0 && count >= 1 && from + count <= columns;
        require(inside && type() != ElementType.I8 && type() != ElementType.Q8, "columns " + from + "+" + count);
        return new Tensor(
                name + "[:," + from + ":" + (from + count) + "]",
                arena,
                segment,
                offset + from,
                rows,
                count,
                stride,
                new int[] {rows, count});
    }

    /** The first {@code rows} x {@code columns} elements read as a matrix of that shape: how scratch memory is shared. */
    public Tensor reshaped(int rows, int columns) {
        require(isContiguous() && (long) rows * columns <= size(), "reshaped to " + rows + " x " + columns);
        return new Tensor(name, arena, segment, offset, rows, columns, columns, new int[] {rows, columns});
    }

    /** The same memory under another name and, for one row, as a vector. */
    public Tensor named(String newName, int... newShape) {
        int product = Arrays.stream(newShape).reduce(1, (a, b) -> a * b);
        int newColumns = newShape.length == 1 ? 1 : newShape[1];
        boolean same = newShape[0] == rows && newColumns == columns;
        require((same || isContiguous()) && product == size(), "named " + newName + " " + Arrays.toString(newShape));
        return new Tensor(
                newName, arena, segment, offset, newShape[0], newColumns, same ? stride : newColumns, newShape.clone());
    }

    /** Whether the two share an element. Strided views of different columns of the same rows do not. */
    public boolean overlaps(Tensor other) {
        if (arena != other.arena || segment != other.segment || size() == 0 || other.size() == 0) {
            return false;
        }
        if (last() < other.offset || other.last() < offset) {
            return false;
        }
        if (stride == other.stride) {
            // Columns from our first one to the other's first. Disjoint if the other's columns fit between our last
            // column and our next row.
            int ahead = Math.floorMod(other.offset - offset, stride);
            return ahead < columns || ahead + other.columns > stride;
        }
        return true;
    }

    private int last() {
        return offset + (rows - 1) * stride + columns - 1;
    }

    private void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalArgumentException(what + " is not a view of " + this);
        }
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape) + "@" + arena.name();
    }
}
