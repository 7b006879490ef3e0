package org.tornadomor.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One page of HTML in light or dark, as the reader prefers, which loads nothing: styles and scripts are in it. */
public final class HtmlPage {
    private final StringBuilder styles = new StringBuilder(resource(HtmlPage.class, "page.css"));
    private final StringBuilder body = new StringBuilder(1 << 16);
    private final StringBuilder scripts = new StringBuilder();
    private final String title;

    /** A page with its title as its first heading. */
    public HtmlPage(String title) {
        this.title = title;
    }

    /** A column of a table: its heading, and whether it holds numbers, which stand in line on the right. */
    public record Column(String heading, boolean number) {}

    /** A text file beside a class. */
    public static String resource(Class<?> beside, String name) {
        try (InputStream in = beside.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + name + " beside " + beside.getName());
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds markup, whose texts are {@linkplain Html#escape escaped}, to the body. */
    public HtmlPage append(Object markup) {
        body.append(markup);
        return this;
    }

    /** Adds a text as the heading of what follows. */
    public HtmlPage heading(String text) {
        body.append("<h2>").append(Html.escape(text)).append("</h2>\n");
        return this;
    }

    /** Adds texts as a table, which can be scrolled where it is wider than the page. */
    public HtmlPage table(List<Column> columns, List<List<String>> rows) {
        body.append("<div class=\"card scroll\"><table class=\"compare\">\n");
        row("th", columns, columns.stream().map(Column::heading).toList());
        rows.forEach(row -> row("td", columns, row));
        body.append("</table></div>\n");
        return this;
    }

    private void row(String cell, List<Column> columns, List<String> texts) {
        body.append("<tr>");
        for (int i = 0; i < texts.size(); i++) {
            body.append('<')
                    .append(cell)
                    .append(columns.get(i).number ? " class=\"n\">" : ">")
                    .append(Html.escape(texts.get(i)))
                    .append("</")
                    .append(cell)
                    .append('>');
        }
        body.append("</tr>\n");
    }

    /** Adds rules of CSS behind those of every page. */
    public HtmlPage style(String css) {
        styles.append(css);
        return this;
    }

    /** Adds JSON for the page's scripts, in which it is the text of an element. */
    public HtmlPage data(String id, String json) {
        // Nothing in it can end the element, or begin a comment.
        scripts.append("<script type=\"application/json\" id=\"")
                .append(id)
                .append("\">")
                .append(json.replace("<", "\\u003c").replace(">", "\\u003e"))
                .append("</script>\n");
        return this;
    }

    /** Adds a script, which runs when the body is there. */
    public HtmlPage script(String script) {
        scripts.append("<script>\n").append(script).append("</script>\n");
        return this;
    }

    /** The whole page. */
    public String text() {
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src"
                + " 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>" + Html.escape(title)
                + " \u2013 TornadoMoR</title>\n<style>\n" + styles + "</style>\n</head>\n<body>\n<main>\n<h1>"
                + Html.escape(title) + "</h1>\n" + body + "</main>\n" + scripts + "</body>\n</html>\n";
    }
}
