package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.template.Template;
import org.tornadomor.template.TemplateException;
import org.tornadomor.template.TemplateOptions;
import tools.jackson.databind.JsonNode;

/** What a task says of a part of its requests: a value, the name of a field, a template, a list, or a known function. */
sealed interface Field {
    /** What it gives of a document: text, a {@code Long}, or whatever the field holds. */
    Object of(Doc doc);

    /** The same of every document. */
    record Fixed(Object value) implements Field {
        @Override
        public Object of(Doc doc) {
            return value;
        }
    }

    /** A field if the document has one of that name, else a template. */
    record Written(String text, Template template) implements Field {
        @Override
        public Object of(Doc doc) {
            return doc.fields().containsKey(text) ? doc.fields().get(text) : render(doc);
        }

        /** The text of the template. */
        String render(Doc doc) {
            try {
                return template.render(doc.fields());
            } catch (TemplateException e) {
                throw new UserError(
                        e.getMessage() + ", in " + doc.place() + " with the fields "
                                + String.join(", ", doc.fields().keySet())
                                + "; give the data with the field names of the original set, or mend the task",
                        e);
            }
        }
    }

    /** A function of {@link KnownFunctions}. */
    record Function(String name) implements Field {
        @Override
        public Object of(Doc doc) {
            return KnownFunctions.apply(name, doc);
        }
    }

    /**
     * Reads one.
     *
     * @param name what messages call it, such as {@code piqa doc_to_text}
     * @return null if there is none
     * @throws UserError if it is no such thing
     */
    static Field read(String name, JsonNode node) {
        if (node == null || node.isNull() || node.isMissingNode()) {
            return null;
        }
        if (node.isIntegralNumber()) {
            return new Fixed(node.asLong());
        }
        if (node.isArray() || node.isObject()) {
            List<Object> items = new ArrayList<>();
            for (JsonNode item : node) {
                if (item.isContainer()) {
                    throw new UserError(name + " has lists within lists; write it as a template");
                }
                items.add(item.asString());
            }
            return new Fixed(items);
        }
        if (!node.isString()) {
            throw new UserError(name + " is " + node + "; write a template, the name of a field, a list or a number");
        }
        String text = node.stringValue();
        if (text.startsWith(KnownFunctions.MARK)) {
            return new Function(text.substring(KnownFunctions.MARK.length()));
        }
        try {
            return new Written(text, Template.parse(name, text, TemplateOptions.HARNESS));
        } catch (TemplateException e) {
            throw new UserError(e.getMessage() + "; mend the task", e);
        }
    }

    /** As {@link #of}, but as the harness reads a target or a text: where there are choices, digits are a number. */
    static Object value(Field field, Doc doc, boolean choices, boolean lists) {
        Object value = field.of(doc);
        if (!(value instanceof String text) || field instanceof Function || isField(field, doc)) {
            return value instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : value;
        }
        if (choices && PythonText.isDigits(text)) {
            return Long.valueOf(text);
        }
        if (lists && text.length() >= 2 && text.startsWith("[") && text.endsWith("]")) {
            try {
                return PythonLiteral.parse(text);
            } catch (IllegalArgumentException e) {
                return text;
            }
        }
        return text;
    }

    private static boolean isField(Field field, Doc doc) {
        return field instanceof Written written && doc.fields().containsKey(written.text);
    }

    /**
     * The choices of a document.
     *
     * @throws UserError if they are no list of texts
     */
    static List<String> choices(Field field, Doc doc) {
        Object value = field.of(doc);
        if (value instanceof String text && !isField(field, doc)) {
            try {
                value = PythonLiteral.parse(text);
            } catch (IllegalArgumentException e) {
                throw new UserError(
                        "doc_to_choice gives '" + value + "' for " + doc.place() + " with the fields "
                                + String.join(", ", doc.fields().keySet()) + ", which is no list (" + e.getMessage()
                                + "): write {{[a, b]}} of fields that are there, or name one that holds a list",
                        e);
            }
        }
        if (!(value instanceof List<?> list) || list.isEmpty()) {
            throw new UserError("doc_to_choice gives no list of choices for " + doc.place()
                    + ": name a field that holds a list, or write a template of one");
        }
        List<String> choices = new ArrayList<>();
        for (Object item : list) {
            if (!(item instanceof String choice) || choice.isEmpty()) {
                throw new UserError(doc.place() + " has the choice '" + item + "', which is no text to score: mend or"
                        + " remove it");
            }
            choices.add(choice);
        }
        return choices;
    }

    /** A list as the harness writes text of it, for messages and records. */
    static String shown(Object value) {
        return value instanceof Map || value instanceof List ? value.toString() : String.valueOf(value);
    }
}
