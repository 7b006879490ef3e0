package org.tornadomor.experiment;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tornadomor.html.HtmlPage;

/** Tables and charts as text and as one page. */
final class Page {
    /** Tables of an experiment have many columns. */
    private static final String STYLE =
            "main{max-width:96rem}svg{max-width:100%;height:auto;margin:.5rem 1rem .5rem 0}\n";

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
        HtmlPage page = new HtmlPage(title).style(STYLE);
        tables.forEach((heading, rows) -> {
            page.heading(heading);
            List<String> headings = rows.getFirst();
            page.table(
                    IntStream.range(0, headings.size())
                            .mapToObj(i -> new HtmlPage.Column(headings.get(i), i > 0))
                            .toList(),
                    rows.subList(1, rows.size()));
        });
        charts.values().forEach(chart -> page.append(chart.inPage()));
        return page.text();
    }
}
