package org.tornadomor.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.tornadomor.UserError;

/**
 * A region of engine memory that holds many tensors of one element type: parameters, gradients, activations, a cache,
 * indices. Devices handle a few large arrays well and many small ones badly, so tensors are views into arenas.
 *
 * <p>An arena is a list of segments, and each tensor lies in one of them. The memory of a segment is made, filled with zeros,
 * when it is first touched; a tensor allocated after that starts a new segment.
 */
public abstract class Arena implements AutoCloseable {
    /** Tensors start at multiples of this many elements: one cache line, and the widest vector. */
    public static final int ALIGNMENT = 16;

    private final String name;
    private final ElementType type;
    private final long segmentLimit;
    private final List<Long> segmentSizes = new ArrayList<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private int sealedSegments;

    /** @param segmentLimit the largest segment in elements */
    protected Arena(String name, ElementType type, long segmentLimit) {
        this.name = name;
        this.type = type;
        this.segmentLimit = Math.min(segmentLimit, Integer.MAX_VALUE - 64);
    }

    public final String name() {
        return name;
    }

    public final ElementType type() {
        return type;
    }

    /** Reserves a matrix of {@code rows} x {@code columns}. */
    public final Tensor allocate(String name, int rows, int columns) {
        return reserve(name, rows, columns, new int[] {rows, columns});
    }

    /** Reserves a vector: {@code rows} rows of one column. */
    public final Tensor allocate(String name, int rows) {
        return reserve(name, rows, 1, new int[] {rows});
    }

    private Tensor reserve(String tensorName, int rows, int columns, int[] shape) {
        int stride = type.stride(columns);
        long size = (long) rows * stride;
        long padded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (rows < 0 || columns < 1) {
            throw new IllegalArgumentException("tensor " + tensorName + " [" + rows + ", " + columns + "] in arena "
                    + this.name + " is no matrix");
        }
        if (padded > segmentLimit) {
            throw tooLarge(tensorName + " [" + rows + ", " + columns + "]", type.bytes() * padded);
        }
        int last = segmentSizes.size() - 1;
        if (last < sealedSegments || segmentSizes.get(last) + padded > segmentLimit) {
            segmentSizes.add((long) firstElement());
            last++;
        }
        long offset = segmentSizes.get(last);
        segmentSizes.set(last, offset + padded);
        Tensor tensor = new Tensor(tensorName, this, last, (int) offset, rows, columns, stride, shape);
        tensors.add(tensor);
        return tensor;
    }

    /** The element of a segment at which its first tensor starts: not 0 where another start aligns the tensor. */
    protected int firstElement() {
        return 0;
    }

    /** The error for a tensor that is larger than a segment may be. */
    protected UserError tooLarge(String what, long bytes) {
        return new UserError(name + " " + what + " has more than the " + segmentLimit
                + " elements of the largest array: use a smaller batch, context or model");
    }

    /** The tensors allocated so far, in order. */
    public final List<Tensor> tensors() {
        return Collections.unmodifiableList(tensors);
    }

    /** Number of segments so far. */
    public final int segments() {
        return segmentSizes.size();
    }

    /** Size of a segment in elements. */
    public final int segmentElements(int segment) {
        return (int) (long) segmentSizes.get(segment);
    }

    /** Bytes of the tensors so far. */
    public final long bytes() {
        long elements = 0;
        for (long size : segmentSizes) {
            elements += size - firstElement();
        }
        return type.bytes() * elements;
    }

    /**
     * Covers the given tensors, which must stand next to each other in allocation order, with as few flat vectors as
     * segments allow: what the optimiser walks over. Padding between tensors is covered too; it holds zeros.
     */
    public final List<Tensor> spans(String spanName, List<Tensor> neighbours) {
        List<Tensor> spans = new ArrayList<>();
        int from = 0;
        while (from < neighbours.size()) {
            Tensor first = neighbours.get(from);
            int to = from;
            while (to + 1 < neighbours.size() && neighbours.get(to + 1).segment() == first.segment()) {
                to++;
            }
            Tensor last = neighbours.get(to);
            int size = last.offset() + last.rows() * last.columns() - first.offset();
            spans.add(new Tensor(
                    spanName + "." + spans.size(), this, first.segment(), first.offset(), size, 1, 1, new int[] {size
                    }));
            from = to + 1;
        }
        return spans;
    }

    /** Marks all segments as in use: what is allocated from now on goes to new segments. */
    protected final void seal() {
        sealedSegments = segmentSizes.size();
    }

    /** Gives the memory back. Tensors of a closed arena must not be used again. */
    @Override
    public abstract void close();
}
