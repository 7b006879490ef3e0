package org.tornadomor.formats.official;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tornadomor.UserError;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ParameterNames;

/** The tensors of a checkpoint of the official code with the names of this program; those that it does not know keep theirs. */
final class OfficialTensors implements TensorSource {
    private static final int BUFFER = 1 << 16;

    private final TensorSource from;
    private final double alpha;
    private final Map<String, String> names = new LinkedHashMap<>();

    private OfficialTensors(TensorSource from, double alpha) {
        this.from = from;
        this.alpha = alpha;
    }

    /**
     * Renames tensors, and compares those that should be the same.
     *
     * @param official the names of each of ours
     * @param alpha what the official code multiplies the scores with that the router's bias is added to; here it is added to the scores
     *     alone, so that the largest is the same with {@code bias / alpha}
     * @param from closed with the result
     * @throws UserError naming tensors that are not the same, or that some recursions have and others not
     */
    static OfficialTensors of(Path path, Map<String, List<String>> official, double alpha, TensorSource from) {
        OfficialTensors tensors = new OfficialTensors(from, alpha);
        Set<String> rest = new TreeSet<>(from.names());
        official.forEach((ours, theirs) -> {
            List<String> copies = theirs.stream().filter(from::contains).toList();
            copies.forEach(rest::remove);
            if (copies.size() > 1 && copies.size() < theirs.size()) {
                throw incomplete(path, theirs, copies);
            }
            if (!copies.isEmpty()) {
                copies.stream().skip(1).forEach(copy -> tensors.requireSame(path, copies.getFirst(), copy));
                tensors.names.put(ours, copies.getFirst());
            }
        });
        rest.forEach(name -> tensors.names.put(name, name));
        return tensors;
    }

    private static UserError incomplete(Path path, List<String> all, List<String> copies) {
        String missing =
                all.stream().filter(name -> !copies.contains(name)).findFirst().orElseThrow();
        return new UserError(
                path + ": tensor " + missing + " is missing, and " + copies.get(0) + " and " + copies.get(1)
                        + " are there, with which it shares its weights: they are there for every recursion, or for one alone;"
                        + " copy the checkpoint again, or use the settings that the model was trained with");
    }

    private void requireSame(Path path, String first, String copy) {
        TensorInfo info = from.info(first);
        boolean same = Arrays.equals(info.shape(), from.info(copy).shape())
                && info.dtype() == from.info(copy).dtype();
        float[] one = new float[BUFFER];
        float[] other = new float[BUFFER];
        for (long at = 0; at < info.elements() && same; at += BUFFER) {
            int count = (int) Math.min(BUFFER, info.elements() - at);
            from.read(first, at, one, 0, count);
            from.read(copy, at, other, 0, count);
            same = Arrays.equals(one, 0, count, other, 0, count);
        }
        from.release(copy);
        if (!same) {
            throw untied(path, first, copy);
        }
    }

    private static UserError untied(Path path, String first, String copy) {
        boolean attention = first.contains(".block.") && first.contains(".self_attn.");
        return new UserError(path + ": tensors " + first + " and " + copy + " differ, and recursions share weights; "
                + (attention
                        ? "the first public release of the official code left attention untied in expert-choice models,"
                                + " which are other models than those that are read: train again with the mended one"
                        : "use the settings that the model was trained with"));
    }

    @Override
    public List<String> names() {
        return new ArrayList<>(names.keySet());
    }

    @Override
    public boolean contains(String name) {
        return names.containsKey(name);
    }

    private String official(String name) {
        return names.getOrDefault(name, name);
    }

    @Override
    public TensorInfo info(String name) {
        TensorInfo info = from.info(official(name));
        return new TensorInfo(name, info.dtype(), info.shape());
    }

    @Override
    public String storedType(String name) {
        return from.storedType(official(name));
    }

    @Override
    public Path file(String name) {
        return from.file(official(name));
    }

    @Override
    public List<Path> files() {
        return from.files();
    }

    @Override
    public Map<String, String> metadata() {
        return from.metadata();
    }

    @Override
    public void read(String name, long first, float[] dst, int dstOffset, int count) {
        from.read(official(name), first, dst, dstOffset, count);
        for (int i = 0; i < count && name.equals(ParameterNames.ROUTER_BIAS); i++) {
            dst[dstOffset + i] = (float) (dst[dstOffset + i] / alpha);
        }
    }

    @Override
    public void release(String name) {
        from.release(official(name));
    }

    @Override
    public void readInts(String name, int[] dst, int dstOffset) {
        from.readInts(official(name), dst, dstOffset);
    }

    @Override
    public void close() {
        from.close();
    }
}
