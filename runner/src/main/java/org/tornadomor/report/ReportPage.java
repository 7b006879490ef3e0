package org.tornadomor.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.tornadomor.html.Html;
import org.tornadomor.html.HtmlPage;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.io.CheckpointDescription;

/**
 * One or several runs as one page of HTML that needs nothing besides itself: a script draws the curves from data in the page with
 * {@link ChartLibrary}, and everything else is there without it.
 */
public final class ReportPage {
    private static final int MOST_COLOURED_DEPTHS = 6;

    /** Nats above which a token counts as entirely unexpected. */
    private static final double FULL_COLOUR_LOSS = 6;

    private final List<RunData> runs;
    private final boolean byBytes;
    private final HtmlPage html;

    private ReportPage(List<RunData> runs) {
        this.runs = runs;
        byBytes = runs.getFirst().byBytes();
        html = new HtmlPage(runs.size() == 1 ? runs.getFirst().name : runs.size() + " runs");
    }

    /** The page. */
    public static String of(List<RunData> runs) {
        ReportPage page = new ReportPage(runs);
        page.write();
        return page.html.text();
    }

    private void write() {
        if (runs.size() == 1) {
            headOfOne(runs.getFirst());
        }
        bytes();
        curves();
        if (runs.size() > 1) {
            tableOfRuns();
        }
        workers();
        runs.forEach(this::texts);
        settings();
        sessions();
        html.append("<footer>Written by TornadoMoR. FLOPs are those of the model in training: six for each parameter"
                + " that a token uses, and attention. Time is that of training steps, without evaluations and"
                + " checkpoints.</footer>\n");
        html.data("data", ChartData.of(runs, unit()));
        ChartLibrary.addTo(html);
        html.script(HtmlPage.resource(ReportPage.class, "report.js"));
    }

    private String unit() {
        return byBytes ? "bits a byte" : "nats a token";
    }

    private static String kind(RunData run) {
        return CheckpointDescription.kind(run.model);
    }

    private static double parameters(RunData run) {
        return ParameterCount.of(run.model).total();
    }

    private static String state(RunData run) {
        return run.sessions.isEmpty() ? "" : run.sessions.getLast().outcome();
    }

    private void headOfOne(RunData run) {
        html.append("<p class=\"soft\">")
                .append(Html.escape(kind(run)))
                .append(state(run).isEmpty() ? "" : "; " + Html.escape(state(run)))
                .append("</p>\n<div class=\"tiles\">\n");
        Table evaluations = run.evaluations;
        tile(Html.fixed(evaluations.last(RunData.CAUSAL), 4), "validation loss, routed as in generation");
        tile(Html.fixed(evaluations.min(RunData.CAUSAL), 4), "the lowest of these");
        tile(Html.fixed(evaluations.last(RunData.VAL), 4), "validation loss, routed as in training");
        if (run.routed()) {
            tile(
                    Html.fixed(evaluations.last(RunData.VAL_DEPTH), 2) + " of " + run.model.recursions(),
                    "mean depth, routed as in generation");
        }
        tile(Html.scaled(parameters(run)), "parameters");
        tile(Html.scaled(run.steps.last(RunData.STEP)), "steps");
        tile(Html.scaled(run.steps.last(RunData.TOKENS)), "tokens");
        tile(Html.scaled(run.steps.last(RunData.FLOPS)), "training FLOPs");
        tile(Html.duration(run.steps.last(RunData.SECONDS)), "training time");
        html.append("</div>\n");
    }

    private void tile(String value, String what) {
        html.append("<div class=\"card tile\"><div class=\"value\">")
                .append(value)
                .append("</div><div class=\"what\">")
                .append(what)
                .append("</div></div>\n");
    }

    private void tableOfRuns() {
        html.heading("Runs");
        List<HtmlPage.Column> columns = new ArrayList<>();
        for (String text : List.of("run", "model")) {
            columns.add(new HtmlPage.Column(text, false));
        }
        for (String number : List.of(
                "parameters",
                "steps",
                "tokens",
                "FLOPs",
                "time",
                "validation loss, " + unit(),
                "as in generation",
                "lowest",
                "mean depth")) {
            columns.add(new HtmlPage.Column(number, true));
        }
        html.table(columns, runs.stream().map(ReportPage::rowOf).toList());
    }

    private static List<String> rowOf(RunData run) {
        return List.of(
                run.name,
                kind(run).replace("Mixture-of-Recursions", "MoR"),
                Html.scaled(parameters(run)),
                Html.scaled(run.steps.last(RunData.STEP)),
                Html.scaled(run.steps.last(RunData.TOKENS)),
                Html.scaled(run.steps.last(RunData.FLOPS)),
                Html.duration(run.steps.last(RunData.SECONDS)),
                Html.fixed(run.evaluations.last(RunData.VAL), 4),
                Html.fixed(run.evaluations.last(RunData.CAUSAL), 4),
                Html.fixed(run.evaluations.min(RunData.CAUSAL), 4),
                run.routed() ? Html.fixed(run.evaluations.last(RunData.VAL_DEPTH), 2) : Html.NOTHING);
    }

    /** What the workers of a cluster exchanged, for the runs that had some. */
    private void workers() {
        List<RunData> shared = runs.stream().filter(run -> run.exchanges.any()).toList();
        if (shared.isEmpty()) {
            return;
        }
        html.heading("Workers");
        html.append(
                "<p class=\"soft\">Waiting is the share of the time of the exchanges in which an average worker did not"
                        + " compute: it was sent weights, sent what it had, or waited for the slowest.</p>\n");
        List<HtmlPage.Column> columns = new ArrayList<>();
        for (String text : List.of("run", "exchange")) {
            columns.add(new HtmlPage.Column(text, false));
        }
        for (String number :
                List.of("workers", "exchanges", "sent", "of it each", "time of each", "waiting", "slowest worker")) {
            columns.add(new HtmlPage.Column(number, true));
        }
        html.table(columns, shared.stream().map(ReportPage::exchangesOf).toList());
    }

    private static List<String> exchangesOf(RunData run) {
        Exchanges its = run.exchanges;
        int count = its.table.rows();
        return List.of(
                run.name,
                run.config.cluster().sync(),
                Integer.toString(its.workers()),
                Integer.toString(count),
                Html.scaled(its.bytes()) + "B",
                Html.scaled(its.bytes() / count) + "B",
                Html.duration(its.seconds() / count),
                Html.fixed(100 * its.waiting(), 1) + " %",
                its.workers() == 1
                        ? Html.NOTHING
                        : its.slowest() + ", " + Html.fixed(its.slowness(), 2) + " times the mean");
    }

    /** Says why losses are in another unit than in training, and which runs have none. */
    private void bytes() {
        if (!byBytes) {
            return;
        }
        html.append(
                "<p class=\"soft\" id=\"bytes\">The runs have different tokenizers, so losses are in bits a byte of text:"
                        + " nats a token of different tokens cannot be compared.");
        List<String> unknown = RunData.withoutLosses(runs);
        if (!unknown.isEmpty()) {
            html.append(" Without losses here, since an earlier version wrote no bytes into their metrics: ")
                    .append(Html.escape(String.join(", ", unknown)))
                    .append('.');
        }
        html.append("</p>\n");
    }

    private void curves() {
        if (runs.size() > 1) {
            html.append("<div class=\"runs\" id=\"runs\" aria-label=\"Runs to show\"></div>\n");
        }
        html.append("<div class=\"bar\">\n<span class=\"switch\" role=\"group\" aria-label=\"Horizontal axis\">");
        axis("step", "steps", true);
        axis("tokens", "tokens", false);
        axis("flops", "FLOPs", false);
        axis("seconds", "time", false);
        html.append("</span>\n<label class=\"tick\"><input type=\"checkbox\" id=\"zoom\"> losses without the first"
                + " fifth</label>\n</div>\n<h2>Curves</h2>\n<noscript><p>The curves are drawn by a script in this"
                + " page; allow it to see them.</p></noscript>\n<div class=\"charts\" id=\"charts\"></div>\n");
    }

    private void axis(String name, String label, boolean pressed) {
        html.append("<button type=\"button\" data-x=\"")
                .append(name)
                .append("\" aria-pressed=\"")
                .append(pressed)
                .append("\">")
                .append(label)
                .append("</button>");
    }

    private void texts(RunData run) {
        if (run.samples.isEmpty()) {
            return;
        }
        SampleLog.Entry last = run.samples.getLast();
        html.heading(runs.size() == 1 ? "Texts" : "Texts of " + run.name);
        boolean open = runs.size() == 1;
        if (!open) {
            html.append("<details><summary>after ").append(last.step()).append(" steps</summary>\n");
        }
        html.append("<div class=\"map ")
                .append(run.routed() ? "bydepth" : "byloss")
                .append("\">\n");
        if (!last.excerpt().isEmpty()) {
            map(run, last);
        }
        written(run, last);
        html.append("</div>\n");
        earlier(run);
        if (!open) {
            html.append("</details>\n");
        }
    }

    private void map(RunData run, SampleLog.Entry entry) {
        html.append("<div class=\"card\">\n<h3>A held-out text, routed as in generation</h3>\n<div class=\"maphead\">");
        if (run.routed()) {
            html.append("<span class=\"switch\" role=\"group\" aria-label=\"Colours\">"
                    + "<button type=\"button\" data-colours=\"bydepth\" aria-pressed=\"true\">by depth</button>"
                    + "<button type=\"button\" data-colours=\"byloss\" aria-pressed=\"false\">by loss</button></span>");
            depthKey(run);
        }
        html.append("<span class=\"key ofloss\"><b style=\"--l:.1\">expected</b><b style=\"--l:1\">a surprise</b>"
                + "each token's loss, given those before it</span></div>\n<div class=\"text\">");
        pieces(entry.excerpt());
        html.append("</div>\n</div>\n");
    }

    private void depthKey(RunData run) {
        html.append("<span class=\"key ofdepth\">");
        for (int r = 1; r <= run.model.recursions(); r++) {
            html.append("<b class=\"")
                    .append(depthClass(r))
                    .append("\">")
                    .append(r)
                    .append("</b>");
        }
        html.append("recursions of a token</span>");
    }

    private static String depthClass(int depth) {
        return "d" + Math.min(depth, MOST_COLOURED_DEPTHS);
    }

    private void pieces(List<Piece> pieces) {
        for (Piece piece : pieces) {
            html.append("<b class=\"").append(depthClass(piece.depth())).append('"');
            StringBuilder hint = new StringBuilder("depth ").append(piece.depth());
            if (Double.isFinite(piece.loss())) {
                double share = Math.clamp(piece.loss() / FULL_COLOUR_LOSS, 0, 1);
                html.append(String.format(Locale.ROOT, " style=\"--l:%.2f\"", share));
                hint.append(", loss ").append(Html.fixed(piece.loss(), 2));
            }
            html.append(" title=\"")
                    .append(hint)
                    .append("\">")
                    .append(Html.escape(piece.text()))
                    .append("</b>");
        }
    }

    private void written(RunData run, SampleLog.Entry entry) {
        if (entry.samples().isEmpty()) {
            return;
        }
        html.append("<h2>What it writes</h2>\n<p class=\"soft\">After ")
                .append(entry.step())
                .append(" steps; grey is given, from held-out text")
                .append(run.routed() ? ", and colours are the recursions that made a token" : "")
                .append(".</p>\n");
        samples(entry);
    }

    private void samples(SampleLog.Entry entry) {
        for (SampleLog.Sample sample : entry.samples()) {
            html.append("<div class=\"card text\"><span class=\"given\">")
                    .append(Html.escape(sample.prompt()))
                    .append("</span>");
            pieces(sample.written());
            html.append("</div>\n");
        }
    }

    /** Some of the earlier texts, evenly over the run. */
    private void earlier(RunData run) {
        int before = run.samples.size() - 1;
        int shown = Math.min(before, 8);
        if (shown == 0) {
            return;
        }
        html.append("<details><summary>What it wrote before</summary>\n<div class=\"map ")
                .append(run.routed() ? "bydepth" : "byloss")
                .append("\">\n");
        for (int i = 0; i < shown; i++) {
            SampleLog.Entry entry = run.samples.get((int) ((long) i * before / shown));
            html.append("<p class=\"soft\">After ").append(entry.step()).append(" steps</p>\n");
            samples(entry);
        }
        html.append("</div></details>\n");
    }

    private void settings() {
        html.heading("Settings");
        if (runs.size() > 1) {
            differences();
        }
        for (RunData run : runs) {
            html.append("<details><summary>")
                    .append(runs.size() == 1 ? "All settings" : "All settings of " + Html.escape(run.name))
                    .append("</summary>\n");
            Map<String, String> rows = new LinkedHashMap<>();
            rows.put("run folder", run.folder.toAbsolutePath().normalize().toString());
            rows.putAll(run.settings());
            keys(rows);
            html.append("</details>\n");
        }
    }

    private void keys(Map<String, String> rows) {
        html.append("<div class=\"card scroll\"><table class=\"keys\">\n");
        rows.forEach((key, value) -> html.append("<tr><th>")
                .append(Html.escape(key))
                .append("</th><td>")
                .append(Html.escape(value))
                .append("</td></tr>\n"));
        html.append("</table></div>\n");
    }

    /** The settings in which runs differ, a column for each. */
    private void differences() {
        TreeSet<String> all = new TreeSet<>();
        runs.forEach(run -> all.addAll(run.settings().keySet()));
        all.removeIf(key -> runs.stream().map(valueOf(key)).distinct().count() == 1);
        if (all.isEmpty()) {
            html.append("<p>All runs have the same settings.</p>\n");
            return;
        }
        List<HtmlPage.Column> columns = new ArrayList<>(List.of(new HtmlPage.Column("where they differ", false)));
        runs.forEach(run -> columns.add(new HtmlPage.Column(run.name, false)));
        html.table(columns, all.stream().map(this::valuesOf).toList());
    }

    private List<String> valuesOf(String key) {
        return Stream.concat(Stream.of(key), runs.stream().map(valueOf(key))).toList();
    }

    private static Function<RunData, String> valueOf(String key) {
        return run -> run.settings().getOrDefault(key, Html.NOTHING);
    }

    private void sessions() {
        if (runs.stream().allMatch(run -> run.sessions.isEmpty())) {
            return;
        }
        html.heading("How it was run");
        for (RunData run : runs) {
            if (run.sessions.isEmpty()) {
                continue;
            }
            html.append(runs.size() == 1 ? "" : "<details><summary>" + Html.escape(run.name) + "</summary>\n");
            for (RunRecord.Session it : run.sessions) {
                Map<String, String> rows = new LinkedHashMap<>();
                rows.put("from step", Long.toString(it.firstStep()));
                rows.put("began", it.began());
                rows.put("ended", it.ended().isEmpty() ? it.outcome() : it.ended() + ", " + it.outcome());
                rows.putAll(it.facts());
                keys(rows);
            }
            html.append(runs.size() == 1 ? "" : "</details>\n");
        }
    }
}
