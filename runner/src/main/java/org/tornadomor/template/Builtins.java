package org.tornadomor.template;

import java.util.EnumMap;
import java.util.Map;
import org.tornadomor.template.TemplateOptions.Dialect;

/**
 * All that templates can use by name.
 *
 * @param functions those that are there without being passed to the template
 * @param text methods of text
 */
record Builtins(
        Registry filters,
        Registry tests,
        Registry functions,
        Registry text,
        Registry list,
        Registry tuple,
        Registry map,
        Registry whole,
        Registry real) {
    private static final Map<Dialect, Builtins> ALL = new EnumMap<>(Dialect.class);

    static {
        for (Dialect dialect : Dialect.values()) {
            ALL.put(dialect, make(dialect));
        }
    }

    static Builtins of(Dialect dialect) {
        return ALL.get(dialect);
    }

    private static Builtins make(Dialect dialect) {
        Registry filters = Registry.ofReaders("filter");
        TextFilters.addTo(filters, dialect);
        NumberFilters.addTo(filters);
        SequenceFilters.addTo(filters);
        SelectionFilters.addTo(filters);
        filters.refuse(
                "attr",
                "filesizeformat",
                "pprint",
                "random",
                "striptags",
                "urlencode",
                "urlize",
                "wordwrap",
                "xmlattr");
        Registry tests = new Registry("test");
        Tests.addTo(tests);
        Registry functions = new Registry("function");
        Functions.addTo(functions, dialect);
        Registry text = Registry.ofReaders("method of str");
        TextMethods.addTo(text);
        ContainerMethods containers = new ContainerMethods();
        return new Builtins(
                filters,
                tests,
                functions,
                text,
                containers.list(),
                containers.tuple(),
                containers.map(),
                new Registry("attribute of int")
                        .refuse(
                                "as_integer_ratio",
                                "bit_count",
                                "bit_length",
                                "conjugate",
                                "denominator",
                                "from_bytes",
                                "imag",
                                "numerator",
                                "real",
                                "to_bytes"),
                new Registry("attribute of float")
                        .refuse("as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"));
    }
}
