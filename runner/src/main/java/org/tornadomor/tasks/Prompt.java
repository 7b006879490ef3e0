package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;

/**
 * Makes requests of documents, character by character as the harness: the description, each example as text, target and what stands
 * between examples, then the document itself.
 */
final class Prompt {
    private final TaskConfig task;
    private final Shots shots;
    /** Whether the text of a document is the number of one of its choices, which then stand in contexts of their own. */
    private final boolean severalContexts;

    /** @param first the first document, which decides what kind of task it is */
    Prompt(TaskConfig task, Shots shots, Doc first) {
        this.task = task;
        this.shots = shots;
        severalContexts = task.type() == OutputType.MULTIPLE_CHOICE
                && Field.value(task.form().text(), first, true, false) instanceof Long;
    }

    /**
     * What is asked about the next document. Call it once for each, in their order.
     *
     * @throws UserError naming the document, if the task makes nothing of it
     */
    Item of(Doc doc) {
        TaskConfig.Form form = task.form();
        String before = before(doc);
        boolean choosing = form.choices() != null;
        Object target = Field.value(form.target(), doc, choosing, true);
        switch (task.type()) {
            case MULTIPLE_CHOICE -> {
                return choices(doc, before, target);
            }
            case LOGLIKELIHOOD -> {
                String context = before + text(form.text(), doc);
                return item(doc, new TextRequest(context, requireText(target, doc)), target);
            }
            case LOGLIKELIHOOD_ROLLING -> {
                return item(doc, new TextRequest("", requireText(target, doc)), target);
            }
            default -> {
                Object expected = choosing && target instanceof Long at
                        ? choice(doc, Field.choices(form.choices(), doc), at)
                        : target;
                return item(doc, new TextRequest(before + text(form.text(), doc), ""), expected);
            }
        }
    }

    private static Item item(Doc doc, TextRequest request, Object target) {
        return new Item(doc, List.of(request), List.of(), target, List.of());
    }

    private Item choices(Doc doc, String before, Object target) {
        TaskConfig.Form form = task.form();
        List<String> choices = Field.choices(form.choices(), doc);
        List<TextRequest> requests = new ArrayList<>();
        Object gold = target;
        if (severalContexts) {
            gold = Field.value(form.text(), doc, true, false);
            for (String choice : choices) {
                requests.add(new TextRequest(before + choice, form.targetDelimiter() + Field.shown(target)));
            }
        } else {
            String context = before + text(form.text(), doc);
            for (String choice : choices) {
                requests.add(new TextRequest(context, form.targetDelimiter() + choice));
            }
        }
        return new Item(doc, requests, choices, target, right(doc, gold, choices));
    }

    /** The numbers of the right choices. */
    private List<Integer> right(Doc doc, Object gold, List<String> choices) {
        List<Integer> right = new ArrayList<>();
        for (Object one : gold instanceof List<?> several ? several : List.of(gold == null ? "" : gold)) {
            int at = one instanceof Long number
                    ? Math.clamp(number, -1, choices.size())
                    : choices.indexOf(String.valueOf(one));
            if (at < 0 || at >= choices.size()) {
                throw new UserError(doc.place() + " has the answer '" + Field.shown(one) + "', which is none of its "
                        + choices.size() + " choices (0 to " + (choices.size() - 1)
                        + "): mend it, or give a split with answers");
            }
            right.add(at);
        }
        return right;
    }

    private static String choice(Doc doc, List<String> choices, long at) {
        if (at < 0 || at >= choices.size()) {
            throw new UserError(doc.place() + " has the answer " + at + ", which is none of its " + choices.size()
                    + " choices (0 to " + (choices.size() - 1) + "): mend it, or give a split with answers");
        }
        return choices.get((int) at);
    }

    /** The description and the examples. */
    private String before(Doc doc) {
        StringBuilder out = new StringBuilder();
        Field description = task.form().description();
        if (description != null) {
            out.append(text(description, doc));
        }
        for (Doc example : shots.of(doc)) {
            example(example, out);
        }
        return out.toString();
    }

    private void example(Doc doc, StringBuilder out) {
        TaskConfig.ShotRules rules = task.shots();
        Object question = Field.value(rules.text(), doc, rules.choices() != null, false);
        Object answer = Field.value(rules.target(), doc, task.form().choices() != null, true);
        List<String> choices = rules.choices() == null ? List.of() : Field.choices(rules.choices(), doc);
        if (severalContexts && question instanceof Long at) {
            question = choice(doc, choices, at);
            choices = List.of();
        }
        if (answer instanceof Long at && !choices.isEmpty()) {
            answer = choice(doc, choices, at);
        } else if (answer instanceof List<?> list && !list.isEmpty()) {
            answer = list.getFirst();
        }
        out.append(Field.shown(question));
        String written = requireText(answer, doc);
        if (!written.isEmpty()) {
            out.append(rules.targetDelimiter()).append(written).append(rules.delimiter());
        }
    }

    private String text(Field field, Doc doc) {
        Object value = Field.value(field, doc, false, false);
        if (!(value instanceof String text)) {
            throw new UserError("task " + task.name() + " makes no text of " + doc.place() + " but "
                    + Field.shown(value) + "; mend the task");
        }
        return text;
    }

    private String requireText(Object value, Doc doc) {
        return switch (value) {
            case String text -> text;
            case Long number -> String.valueOf(number);
            case Double number -> String.valueOf(number);
            case List<?> list when !list.isEmpty() && list.getFirst() instanceof String text -> text;
            case null, default ->
                throw new UserError("the target of " + doc.place() + " is no text but " + Field.shown(value)
                        + "; mend the task or the document");
        };
    }
}
