package org.tornadomor.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TaskLibraryTest {
    private final TaskLibrary library = new TaskLibrary();

    @Test
    void allThatComesWithTheProgramCanBeRead() {
        assertEquals(57, library.find("mmlu").getFirst().tasks().size());
        assertEquals(57, library.find("mmlu_continuation").getFirst().tasks().size());
        assertEquals("lambada_openai", library.find("lambada").getFirst().name());
        assertEquals(
                "1.0",
                library.find("arc_challenge").getFirst().tasks().getFirst().version());
        List<TaskListing.Line> lines = TaskListing.lines(library);
        assertEquals(15, lines.size());
        assertTrue(lines.stream().allMatch(line -> line.where().startsWith("https://")));
        TaskConfig subject =
                library.find("mmlu_us_foreign_policy").getFirst().tasks().getFirst();
        assertEquals(
                "The following are multiple choice questions (with answers) about us foreign policy.\n\n",
                subject.form().description().of(new Doc(0, "", Map.of())));
    }

    @Test
    void theAverageOfThePaper() {
        List<TaskTree> trees = new ArrayList<>();
        Map<String, TaskResult> results = new LinkedHashMap<>();
        double value = 0;
        for (String name : List.of(
                "lambada", "hellaswag", "piqa", "winogrande", "arc_easy", "arc_challenge", "mmlu_continuation")) {
            trees.addAll(library.find(name));
            for (TaskConfig task : library.find(name).getFirst().tasks()) {
                value = Math.min(0.9, value + 0.1);
                Map<Metric, Score> scores = new EnumMap<>(Metric.class);
                task.metrics().forEach(metric -> scores.put(metric, new Score(-1, 0)));
                boolean normalised =
                        scores.containsKey(Metric.ACC_NORM) && !task.name().startsWith("mmlu");
                scores.put(normalised ? Metric.ACC_NORM : Metric.ACC, new Score(value, 0));
                Item item = new Item(null, List.of(), List.of(), 0L, List.of());
                results.put(
                        task.name(),
                        new TaskResult(
                                null, List.of(new TaskResult.Sample(item, List.of(), Map.of())), scores, null, 0, 0));
            }
        }
        double mmlu = (0.7 + 0.8 + 0.9 * 55) / 57;
        assertEquals(
                (0.1 + 0.2 + 0.3 + 0.4 + (0.5 + 0.6) / 2 + mmlu) / 6,
                new ModeResult(Mode.CAUSAL, results, trees).paperAverage(),
                1e-12);
        results.remove("piqa");
        assertTrue(Double.isNaN(new ModeResult(Mode.CAUSAL, results, trees).paperAverage()));
    }

    /** The expected text is what the harness's own function gives. */
    @Test
    void pagesOfWikiTextAreDetokenized() {
        String page = " = Title = \n\n The \" quick \" fox 's ( jumped ) over 3 @.@ 5 ' dogs ' , N @-@ 1 : { x } \n";
        Doc doc = new Doc(0, "", Map.of("page", page));
        assertEquals(EXPECTED_PAGE, KnownFunctions.apply(KnownFunctions.DETOKENIZER, doc));
    }

    private static final String EXPECTED_PAGE =
            " = Title =\n\nThe \"quick\" fox's (jumped) over 3.5' dogs', N-1: {x}\n";
}
