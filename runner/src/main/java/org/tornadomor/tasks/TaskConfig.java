package org.tornadomor.tasks;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * A task.
 *
 * @param name by which it is asked for
 * @param alias what tables call it
 * @param tags names of sets that it belongs to
 * @param data where its documents are
 * @param type what it asks of the model
 * @param form how documents become requests
 * @param shots how examples are chosen and written
 * @param defaultShots examples unless asked for; 0 if the task does not say
 * @param metrics in the order of the task
 * @param matching how texts are compared, for {@link Metric#EXACT_MATCH}
 * @param generation how the model writes; null unless it does
 * @param version of the task, as it is written
 * @param source its keys, for the record
 */
record TaskConfig(
        String name,
        String alias,
        List<String> tags,
        Data data,
        OutputType type,
        Form form,
        ShotRules shots,
        int defaultShots,
        List<Metric> metrics,
        Matching matching,
        Writing generation,
        String version,
        ObjectNode source) {
    /**
     * Where documents are.
     *
     * @param set name of the data set, such as {@code allenai/ai2_arc}; may be null
     * @param part of the set, such as {@code ARC-Easy}; may be null
     * @param files by split, where the task names files itself; {@code ""} is for all splits
     * @param process a function of {@link KnownFunctions} that changes documents, or null
     */
    record Data(
            String set,
            String part,
            Map<String, List<String>> files,
            String training,
            String validation,
            String test,
            String process) {
        /** The split that is evaluated. */
        String evaluated() {
            return test != null ? test : validation;
        }
    }

    /**
     * How documents become requests.
     *
     * @param choices null unless there are any
     * @param target may be null for tasks that only write
     * @param pageCounts whether words and bytes are counted in the page as it is in the data
     */
    record Form(
            Field description, Field text, Field target, Field choices, String targetDelimiter, boolean pageCounts) {}

    /**
     * How examples are chosen and written.
     *
     * @param split null for the usual rule: training, else validation, else test
     * @param firstOnes whether the first ones are taken instead of drawn ones
     */
    record ShotRules(
            String split,
            boolean firstOnes,
            List<Doc> samples,
            Field text,
            Field target,
            Field choices,
            String targetDelimiter,
            String delimiter) {}

    /**
     * How a written text is compared with the expected one.
     *
     * @param ignored regular expressions whose matches are taken out
     */
    record Matching(List<String> ignored, boolean ignoreCase, boolean ignorePunctuation, boolean ignoreNumbers) {
        static final Matching EXACT = new Matching(List.of(), false, false, false);
    }

    /**
     * How the model writes: the likeliest token each time.
     *
     * @param until texts before which it ends
     */
    record Writing(List<String> until, int mostTokens) {}
}
