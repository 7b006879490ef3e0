package org.tornadomor.trainer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.DType;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.SafeTensorsWriter;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSource;

/**
 * What the workers of a cluster keep, in {@code workers.safetensors} of a checkpoint: {@code 0.moments}, {@code 0.unsent} and so on by
 * rank, with the steps of each as metadata.
 */
final class WorkerStates {
    static final String FILE = "workers.safetensors";

    private static final String MOMENTS = ".moments";
    private static final String UNSENT = ".unsent";
    private static final String STEPS = ".steps";

    private WorkerStates() {}

    /** Writes the file, if there is anything to keep. */
    static void save(Path folder, List<Collective.State> states) {
        if (states.isEmpty()) {
            return;
        }
        List<TensorInfo> infos = new ArrayList<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        for (int rank = 0; rank < states.size(); rank++) {
            Collective.State state = states.get(rank);
            infos.add(TensorInfo.of(rank + MOMENTS, DType.F32, new int[] {state.moments().length}));
            infos.add(TensorInfo.of(rank + UNSENT, DType.F32, new int[] {state.unsent().length}));
            metadata.put(rank + STEPS, Long.toString(state.steps()));
        }
        try (SafeTensorsWriter writer = SafeTensorsWriter.create(folder.resolve(FILE), infos, metadata)) {
            for (int rank = 0; rank < states.size(); rank++) {
                writer.write(rank + MOMENTS, states.get(rank).moments(), 0);
                writer.write(rank + UNSENT, states.get(rank).unsent(), 0);
            }
            writer.commit();
        }
    }

    /**
     * Reads the file.
     *
     * @return empty where workers kept nothing
     * @throws UserError if it is damaged
     */
    static List<Collective.State> read(Path folder, int workers) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return List.of();
        }
        List<Collective.State> states = new ArrayList<>();
        try (TensorSource source = SafeTensors.open(file)) {
            for (int rank = 0; rank < workers; rank++) {
                states.add(new Collective.State(
                        Long.parseLong(source.metadata().getOrDefault(rank + STEPS, "")),
                        source.read(rank + MOMENTS),
                        source.read(rank + UNSENT)));
            }
        } catch (NumberFormatException e) {
            throw new UserError(file + " lacks steps of a worker: it is damaged, resume from another checkpoint", e);
        }
        return states;
    }
}
