package org.tornadomor.trainer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.files.Checksums;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;

/** The weights that a new run begins with: random, or those of a checkpoint. */
final class InitialWeights {
    private InitialWeights() {}

    /**
     * Fills the weights.
     *
     * @throws UserError if the checkpoint is another model
     */
    static void fill(Engine engine, ParameterSet weights, TrainingConfig config, TrainingListener listener) {
        Checkpoints.initialise(engine, weights, config.seed());
        if (config.init() != null) {
            Path path = RunFolder.latest(Path.of(config.init()));
            UnknownKeys unknown = config.unknownKeys().withNotes(listener::message);
            try (CheckpointFolder checkpoint = CheckpointSource.open(path, unknown)) {
                Checksums.verify(checkpoint.folder());
                load(engine, weights, checkpoint, listener);
            }
        }
    }

    private static void load(
            Engine engine, ParameterSet weights, CheckpointFolder checkpoint, TrainingListener listener) {
        LayerMap map = new LayerMap(weights.config());
        Set<String> unused = new HashSet<>();
        Set<String> spread = new HashSet<>();
        checkpoint.specs().forEach(spec -> unused.add(spec.name()));
        List<String> fresh = new ArrayList<>();
        int factors = 0;
        for (var entry : weights.named().entrySet()) {
            String name = entry.getKey();
            if (unused.remove(name)) {
                read(engine, checkpoint, name, entry.getValue());
            } else if (isRouter(weights.config(), name)) {
                fresh.add(name);
            } else if (name.startsWith(ParameterNames.LORA)) {
                String shared = sharedName(map, name);
                if (checkpoint.tensors().contains(shared)) {
                    // A bias or a norm of heads that the layers had in common.
                    read(engine, checkpoint, shared, entry.getValue());
                    spread.add(shared);
                }
                factors++;
            } else {
                throw new UserError("cannot begin with " + checkpoint.path() + ": it has no " + name
                        + ", which the model needs; leave the preset and the model's keys away to train the checkpoint's"
                        + " own model");
            }
        }
        unused.removeAll(spread);
        String extra = unused.stream()
                .filter(name -> !isRouter(checkpoint.config(), name))
                .sorted()
                .findFirst()
                .orElse(null);
        if (extra != null) {
            throw new UserError("cannot begin with " + checkpoint.path() + ": its " + extra
                    + " has no place in the model; leave the preset and the model's keys away to train the checkpoint's"
                    + " own model");
        }
        if (!fresh.isEmpty()) {
            listener.message("routers begin with random weights: " + checkpoint.path() + " has none of this kind");
        }
        if (factors > 0) {
            listener.message("low-rank factors begin without effect: " + checkpoint.path() + " has none of them");
        }
        if (!unused.isEmpty()) {
            listener.message("the routers of " + checkpoint.path() + " are not used by this model");
        }
    }

    /** The name that a vector has where layers that share weights share it as well. */
    private static String sharedName(LayerMap map, String own) {
        String[] layerAndPart = own.substring(ParameterNames.LORA.length()).split("\\.", 2);
        return ParameterNames.layer(map.weightSet(Integer.parseInt(layerAndPart[0]))) + layerAndPart[1];
    }

    private static boolean isRouter(ModelConfig config, String name) {
        return config.router().owns(config, name);
    }

    private static void read(Engine engine, CheckpointFolder checkpoint, String name, Tensor tensor) {
        TensorInfo info = checkpoint.tensors().info(name);
        if (!info.hasShape(tensor.shape())) {
            throw new UserError("cannot begin with " + checkpoint.path() + ": its " + name + " has shape "
                    + Arrays.toString(info.shape()) + " where the model has " + Arrays.toString(tensor.shape())
                    + "; leave the preset and the model's keys away to train the checkpoint's own model");
        }
        float[] values = new float[tensor.size()];
        checkpoint.read(name, values, 0);
        engine.upload(tensor, values, 0);
    }
}
