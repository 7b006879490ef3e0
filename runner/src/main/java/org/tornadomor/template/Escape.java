package org.tornadomor.template;

import org.tornadomor.template.Special.Markup;

/** Escapes for HTML, as markupsafe does. */
final class Escape {
    private Escape() {}

    /** Text with the five characters escaped; escaped text stays as it is. */
    static String html(Object text) {
        if (text instanceof Markup markup) {
            return markup.text();
        }
        return ((String) text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }
}
