package org.tornadomor.experiment;

import java.util.List;
import java.util.Map;

/** Tables and charts as text and as one page. */
final class Page {
    private static final String STYLE = """
            body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:84rem;padding:0 1rem;color:#222;background:#fff}
            table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px;margin:1rem 0}
            td{white-space:nowrap}th,td{padding:.25rem .5rem;border-bottom:1px solid #8884;text-align:right}
            th:first-child,td:first-child{text-align:left}
            svg{max-width:100%;height:auto;margin:.5rem 1rem .5rem 0}
            @media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}}
            """;

    private Page() {}

    /** Appends a table; the first row is its headings. */
    static void markdown(StringBuilder text, List<List<String>> rows) {
        for (int i = 0; i < rows.size(); i++) {
            text.append("| ").append(String.join(" | ", rows.get(i))).append(" |\n");
            if (i == 0) {
                text.append("|---|")
                        .append("---:|".repeat(rows.get(i).size() - 1))
                        .append('\n');
            }
        }
    }

    /** One page that needs nothing else. */
    static String html(String title, Map<String, List<List<String>>> tables, Map<String, Chart> charts) {
        StringBuilder page = new StringBuilder("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
        page.append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
                .append(Chart.escape(title))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n<h1>")
                .append(Chart.escape(title))
                .append("</h1>\n");
        tables.forEach((heading, rows) -> {
            page.append("<h2>").append(Chart.escape(heading)).append("</h2>\n<table>\n");
            for (int i = 0; i < rows.size(); i++) {
                String cell = i == 0 ? "th" : "td";
                page.append("<tr>");
                rows.get(i)
                        .forEach(value -> page.append('<')
                                .append(cell)
                                .append('>')
                                .append(Chart.escape(value))
                                .append("</")
                                .append(cell)
                                .append('>'));
                page.append("</tr>\n");
            }
            page.append("</table>\n");
        });
        charts.values().forEach(chart -> page.append(chart.svg()));
        return page.append("</html>\n").toString();
    }
}
