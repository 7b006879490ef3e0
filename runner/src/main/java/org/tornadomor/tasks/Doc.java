package org.tornadomor.tasks;

import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;

/**
 * A document of a data set.
 *
 * @param index its place in its split, from 0
 * @param place for messages, such as {@code piqa.jsonl line 3}
 * @param fields text, whole numbers as {@code Long}, {@code Double}, {@code Boolean}, null, lists, and maps with text as keys
 */
record Doc(int index, String place, Map<String, Object> fields) {
    /** Whether two documents say the same, wherever they stand. */
    boolean same(Doc other) {
        return fields.equals(other.fields);
    }

    /** A field. @throws UserError if there is none of that name */
    Object field(String name) {
        if (!fields.containsKey(name)) {
            throw new UserError(place + " has no field '" + name + "'; it has " + String.join(", ", fields.keySet())
                    + ": give the data with the field names of the original set");
        }
        return fields.get(name);
    }

    /** A field of text. @throws UserError if it is missing or anything else */
    String text(String name) {
        if (field(name) instanceof String text) {
            return text;
        }
        throw new UserError("field '" + name + "' of " + place + " is no text; give the data as in the original set");
    }

    /** A list. @throws UserError if it is missing or anything else */
    List<?> list(String name) {
        if (field(name) instanceof List<?> list) {
            return list;
        }
        throw new UserError("field '" + name + "' of " + place + " is no list; give the data as in the original set");
    }
}
