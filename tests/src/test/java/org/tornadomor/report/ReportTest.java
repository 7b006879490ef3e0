package org.tornadomor.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.trainer.MetricsLog;
import org.tornadomor.trainer.StepMetrics;
import org.tornadomor.trainer.TinyRuns;
import org.tornadomor.trainer.TrainingConfig;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
    private static final String EVIL = "</script><script>alert('\"&')</script>";

    @TempDir
    Path temp;

    private TrainingConfig config;

    @BeforeEach
    void makeConfig() {
        config = TinyRuns.with(
                TinyRuns.config(TinyRuns.text(temp)), "model.mor={num_recursions: 2, router: expert_choice}");
    }

    /** A folder as the trainer leaves it, with so many steps. */
    private Path run(String name, int steps) throws IOException {
        Path folder = Files.createDirectories(temp.resolve(name));
        Files.writeString(folder.resolve("config.yaml"), config.toYaml());
        if (steps > 0) {
            try (MetricsLog log = MetricsLog.create(folder)) {
                for (int i = 1; i <= steps; i++) {
                    log.write(new StepMetrics(
                            i,
                            128L * i,
                            3.0 / i,
                            2.0 / i,
                            0,
                            0,
                            0,
                            Double.NaN,
                            Double.NaN,
                            0.1,
                            i == 2 ? Double.NaN : 1,
                            64,
                            2,
                            List.of(.5, .5)));
                }
            }
            Files.writeString(
                    folder.resolve("metrics.jsonl"),
                    Files.readString(folder.resolve("metrics.jsonl"))
                            + "{\"step\":" + steps + ",\"tokens\":" + 128 * steps + ",\"val_loss\":0.5,"
                            + "\"val_loss_causal\":0.25,\"val_depth_share\":[0.5,0.5],"
                            + "\"val_depth_share_causal\":[0.25,0.75],\"dead_token_ratio\":0.5,"
                            + "\"sampling_accuracy\":[0.875]}\n{\"step\":" + (steps + 1) + ",\"cut off");
        }
        return folder;
    }

    private static Document parse(Path... folders) {
        String html = ReportPage.of(RunData.read(List.of(folders)));
        for (String outside : List.of("http:", "https:", "src=", "@import", "url(", "<link", "fetch(")) {
            String own = html.replace("http://www.w3.org/2000/svg", "").replace("url(#", "");
            assertFalse(own.contains(outside), "the page needs something besides itself: " + outside);
        }
        return Jsoup.parse(html);
    }

    private static JsonNode data(Document page) {
        return JsonMapper.shared().readTree(page.getElementById("data").data());
    }

    @Test
    void hasCurvesAndSettings() throws IOException {
        Document page = parse(run("plain", 3));
        assertEquals("plain", page.selectFirst("h1").text());
        JsonNode run = data(page).path("runs").path(0);
        assertEquals("[1,2,3]", run.path("steps").path("step").toString());
        assertEquals("[128,256,384]", run.path("steps").path("tokens").toString());
        assertEquals("[2.0,4.0,6.0]", run.path("steps").path("seconds").toString());
        assertEquals("[1.0,null,1.0]", run.path("steps").path("norm").toString());
        assertEquals("[2.0,1.0,0.66667]", run.path("steps").path("loss").toString());
        assertEquals("[0.25]", run.path("evaluations").path("causal").toString());
        assertEquals("[0.875]", run.path("evaluations").path("accuracy2").toString());
        assertEquals("[1.75]", run.path("evaluations").path("depth").toString());
        double flops = run.path("steps").path("flops").path(2).asDouble();
        assertEquals(flops, run.path("evaluations").path("flops").path(0).asDouble());
        assertEquals(3 * run.path("steps").path("flops").path(0).asDouble(), flops, 1e-4 * flops);
        assertEquals(
                List.of("steps", "tokens", "FLOPs", "time"),
                page.select("[data-x]").eachText());
        assertTrue(page.select("table.keys").text().contains("optimizer.decay 0.1"));
        assertTrue(page.select(".tile").eachText().contains("0.2500 validation loss, routed as in generation"));
        assertTrue(page.selectFirst("script:not([type])").data().contains("function"));
    }

    @Test
    void showsRunsSideBySide() throws IOException {
        Path first = run("first", 3);
        config = config.with("lr", "0.01");
        Path same = run("there/first", 2);
        config = TinyRuns.with(TinyRuns.config(temp.resolve("text.txt")), "lr=0.01");
        Document page = parse(first, same, run("empty", 0), run("point", 1));
        assertEquals("4 runs", page.selectFirst("h1").text());
        List<String> names = new ArrayList<>();
        data(page).path("runs").forEach(run -> names.add(run.path("name").asString()));
        assertEquals(List.of(first.toString(), same.toString(), "empty", "point"), names);
        Element differences = page.selectFirst("h2:contains(Settings)").nextElementSibling();
        assertEquals(
                List.of("lr", "0.003", "0.01", "0.01", "0.01"),
                differences
                        .selectFirst("tr:has(td:matchesOwn(^lr$))")
                        .select("td")
                        .eachText());
        assertTrue(differences.select("tr:has(td:matchesOwn(^batch$))").isEmpty());
    }

    @Test
    void nothingInARunIsTakenForHtml() throws IOException {
        config = config.with("optimizer.decay", "0.5").with("init", EVIL.replace('"', '`'));
        Path folder = run("a <script>x<!-- b", 2);
        String pieces =
                JsonMapper.shared().writeValueAsString(List.of(List.of(EVIL, 1, 0.5), List.of("\u0000&lt;", 2)));
        Files.writeString(
                folder.resolve("samples.jsonl"),
                "{\"step\":2,\"samples\":[{\"prompt\":" + JsonMapper.shared().writeValueAsString(EVIL) + ",\"written\":"
                        + pieces + "}],\"excerpt\":" + pieces + "}\n");
        Document page = parse(folder, run("other", 1));
        assertEquals(2, page.select("script").size(), "the data and the page's own");
        assertEquals(
                "a <script>x<!-- b",
                data(page).path("runs").path(0).path("name").asString());
        assertEquals(EVIL, page.selectFirst(".given").wholeText());
        assertEquals(
                List.of(EVIL, "\u2400&lt;"),
                page.selectFirst(".text").select("b").stream()
                        .map(Element::wholeText)
                        .toList());
        assertTrue(page.select("table").text().contains("a <script>x<!-- b"));
    }

    @Test
    void manyStepsBecomeFewPoints() throws IOException {
        JsonNode run = data(parse(run("long", 5000))).path("runs").path(0);
        assertEquals(1000, run.path("steps").path("loss").size());
        assertEquals(1000, run.path("steps").path("lossHigh").size());
        assertEquals(2.0, run.path("steps").path("lossHigh").path(0).asDouble());
        assertEquals(5, run.path("steps").path("step").path(0).asInt());
        assertEquals(5000, run.path("steps").path("step").path(999).asInt());
        assertEquals(100, run.path("smoothing").asInt());
    }
}
