package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.TextBoundaries;

/** Makes requests of tasks and their data. Whatever is wrong with these shows here, before anything is computed. */
final class TaskPreparation {
    private final TaskData data;
    private final TextBoundaries texts;
    private final TaskOptions options;
    private final Consumer<String> notes;

    /** @param notes is told what a user should know about the data */
    TaskPreparation(DataFiles files, TextBoundaries texts, TaskOptions options, Consumer<String> notes) {
        data = new TaskData(files, notes);
        this.texts = texts;
        this.options = options;
        this.notes = notes;
    }

    /** @throws UserError if the task or its data cannot be used */
    PreparedTask prepare(TaskConfig task) {
        int count = options.shots() == null ? task.defaultShots() : options.shots();
        if (task.type() == OutputType.LOGLIKELIHOOD_ROLLING) {
            count = 0;
        }
        String evaluated = task.data().evaluated();
        List<Doc> docs = data.split(task, evaluated);
        Shots shots = new Shots(task, pool(task, count, evaluated, docs), count);
        int end = options.limit() == null ? docs.size() : Math.min(docs.size(), options.limit());
        Prompt prompt = new Prompt(task, shots, docs.getFirst());
        RequestEncoder encoder = new RequestEncoder(texts, options.context());
        List<Item> items = new ArrayList<>();
        List<TokenRequest> requests = new ArrayList<>();
        int[] starts = new int[end + 1];
        for (Doc doc : docs.subList(0, end)) {
            Item item = prompt.of(doc);
            starts[items.size()] = requests.size();
            items.add(item);
            encode(task, item, encoder, requests);
        }
        starts[end] = requests.size();
        int cut = (int) requests.stream().filter(request -> request.cut() > 0).count();
        if (cut > 0) {
            notes.accept("task " + task.name() + ": " + cut + " of " + Counts.of(requests.size(), "request")
                    + " are longer than the " + Counts.of(options.context(), "token")
                    + " that the model sees at once; their beginnings are left out");
        }
        long partial = requests.stream().filter(TokenRequest::partial).count();
        if (partial > 0) {
            notes.accept("task " + task.name() + ": of " + partial
                    + " of them only the end of the continuation is scored," + " since it is longer than that itself");
        }
        return new PreparedTask(task, count, docs.size(), items, requests, starts, cut);
    }

    private List<Doc> pool(TaskConfig task, int count, String evaluated, List<Doc> docs) {
        if (count == 0) {
            return List.of();
        }
        String split = Shots.split(task);
        if (split == null) {
            return task.shots().samples();
        }
        if (split.equals(evaluated)) {
            return docs;
        }
        if (!Shots.leavesOutItself(task) && data.sameFile(task, split, evaluated)) {
            notes.accept("task " + task.name() + ": one file serves as " + split + " and " + evaluated
                    + ", so that a document may be among its own examples");
        }
        return data.split(task, split);
    }

    private void encode(TaskConfig task, Item item, RequestEncoder encoder, List<TokenRequest> requests) {
        switch (task.type()) {
            case LOGLIKELIHOOD_ROLLING ->
                requests.addAll(encoder.windows(item.requests().getFirst().continuation()));
            case GENERATE_UNTIL -> {
                int room = options.context() - task.generation().mostTokens();
                if (room < 1) {
                    throw new UserError("task " + task.name() + " lets the model write "
                            + Counts.of(task.generation().mostTokens(), "token") + ", for which its context of "
                            + options.context()
                            + " has no room; set max_gen_toks in the task");
                }
                requests.add(encoder.prompt(item.requests().getFirst().context(), room));
            }
            default -> {
                for (TextRequest request : item.requests()) {
                    requests.add(encoder.encode(request, item.doc().place()));
                }
            }
        }
    }
}
