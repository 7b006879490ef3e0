package org.tornadomor.data;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.tornadomor.UserError;

/** Finds the column of a table that is the text. */
public final class TextColumns {
    private TextColumns() {}

    /**
     * The column of a path.
     *
     * @param all columns, those within others too
     * @param path of a column: its name, behind the names of those that it is within, with dots
     * @param isText whether a column can be the text
     * @param wanted the path of the text
     * @param file for messages
     * @throws UserError if there is none, or it is twice or no text
     */
    public static <C> C choose(List<C> all, Function<C, String> path, Predicate<C> isText, String wanted, String file) {
        List<C> named =
                all.stream().filter(column -> path.apply(column).equals(wanted)).toList();
        if (named.size() > 1) {
            throw new UserError("column '" + wanted + "' is twice in " + file
                    + ", as a name with a dot and as a column within another: rename one of them");
        }
        if (named.size() == 1 && isText.test(named.getFirst())) {
            return named.getFirst();
        }
        String texts = all.stream().filter(isText).map(path).collect(Collectors.joining(", "));
        throw new UserError((named.isEmpty() ? "no column '" + wanted + "' in " : "column '" + wanted + "' of ")
                + file + (named.isEmpty() ? "" : " is no text") + "; its columns of text: "
                + (texts.isEmpty() ? "none" : texts) + ": name one with --text-field");
    }
}
