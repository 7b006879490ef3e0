package org.tornadomor.model.io;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterCount;

/**
 * What a checkpoint folder holds, for people and programs to look at.
 *
 * @param tensors the number of tensors
 * @param elements how many parameters are stored in which type
 * @param files the weight files
 * @param bytes their size
 * @param metadata the free-form strings in the weight file
 * @param tokenizer whether there is a {@code tokenizer.json}
 * @param resumable whether the training state is there
 */
public record CheckpointDescription(
        Path folder,
        ModelConfig config,
        ParameterCount parameters,
        int tensors,
        Map<String, Long> elements,
        List<Path> files,
        long bytes,
        Map<String, String> metadata,
        boolean tokenizer,
        boolean resumable) {

    /** The kind of model in a few words, such as "Mixture-of-Recursions, expert_choice, 3 recursions, middle_cycle". */
    public String kind() {
        return kind(config);
    }

    /** As {@link #kind()}, of a configuration without weights. */
    public static String kind(ModelConfig config) {
        MorConfig mor = config.mor();
        if (mor == null) {
            return config.architecture().family().title();
        }
        String name = mor.router().routes()
                ? "Mixture-of-Recursions, " + mor.router().spelling()
                : mor.router().hasExitThreshold() ? "recursive, " + mor.router().spelling() : "recursive";
        return name + ", " + mor.numRecursions() + " recursions, "
                + mor.sharing().spelling()
                + (mor.lora() == null
                        ? ""
                        : ", low-rank factors of rank " + mor.lora().rank());
    }
}
