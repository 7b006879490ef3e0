package org.tornadomor.files;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tornadomor.UserError;

/**
 * The tensors of one file, by name. A format says where each stands and reads it.
 *
 * @param <E> where a tensor stands
 */
public abstract class FileTensors<E> implements TensorSource {
    private final Path path;
    private final Map<String, E> entries = new LinkedHashMap<>();

    /** A file without tensors; see {@link #put}. */
    protected FileTensors(Path path) {
        this.path = path;
    }

    /** Adds a tensor behind those that are there. */
    protected final void put(String name, E entry) {
        entries.put(name, entry);
    }

    /** Name, type and shape of a tensor. */
    protected abstract TensorInfo info(E entry);

    /** The file. */
    protected final Path path() {
        return path;
    }

    /**
     * Where a tensor stands.
     *
     * @throws UserError if there is no such tensor
     */
    protected final E entry(String name) {
        E entry = entries.get(name);
        if (entry == null) {
            throw new UserError(path + " has no tensor " + name + "; check that it is the right file");
        }
        return entry;
    }

    /**
     * The same for elements {@code from .. from + count - 1}, which go to {@code dst}.
     *
     * @throws UserError if there is no such tensor
     * @throws IndexOutOfBoundsException if the range does not lie in the tensor and in {@code dst}
     */
    protected final E entry(String name, long from, float[] dst, int dstOffset, int count) {
        E entry = entry(name);
        Objects.checkFromIndexSize(from, count, info(entry).elements());
        Objects.checkFromIndexSize(dstOffset, count, dst.length);
        return entry;
    }

    @Override
    public final List<String> names() {
        return List.copyOf(entries.keySet());
    }

    @Override
    public final boolean contains(String name) {
        return entries.containsKey(name);
    }

    @Override
    public final TensorInfo info(String name) {
        return info(entry(name));
    }

    @Override
    public final Path file(String name) {
        entry(name);
        return path;
    }

    @Override
    public final List<Path> files() {
        return List.of(path);
    }

    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public void readInts(String name, int[] dst, int dstOffset) {
        throw new UserError(path + ": tensor " + name + " is " + info(name).dtype() + "; whole numbers are read from"
                + " safetensors alone");
    }
}
