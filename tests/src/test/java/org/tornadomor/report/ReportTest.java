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

    /** The bytes of a token in the metrics. */
    private double bytes = 1;

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
                            bytes,
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
                            + (bytes > 0 ? "\"val_bytes_per_token\":" + 2 * bytes + "," : "")
                            + "\"val_loss_causal\":0.25,\"val_depth_share\":[0.5,0.5],"
                            + "\"val_depth_share_causal\":[0.25,0.75],\"dead_token_ratio\":0.5,"
                            + "\"sampling_accuracy\":[0.875]}\n{\"step\":" + (steps + 1) + ",\"cut off");
        }
        return folder;
    }

    private static Document parse(Path... folders) {
        String html = ReportPage.of(RunData.read(List.of(folders)));
        // A name of elements, and where the library that draws comes from, in a comment.
        String own = html.replace("http://www.w3.org/2000/svg", "").replace("https://github.com/leeoniya/uPlot", "");
        for (String outside : List.of("http:", "https:", "src=", "@import", "url(", "<link", "fetch(")) {
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
        assertEquals(
                List.of(true, true),
                page.select("script:not([type])").stream()
                        .map(script -> script.data().contains("function"))
                        .toList());
        assertEquals("nats a token", data(page).path("unit").asString());
        assertTrue(page.select("#bytes").isEmpty());
    }

    /** Runs of a cluster say what their workers exchanged; a line that was cut off counts for nothing. */
    @Test
    void workersAreShown() throws IOException {
        Path alone = run("alone", 4);
        assertTrue(parse(alone).select("h2").eachText().stream().noneMatch("Workers"::equals));
        config = config.with("cluster", "{workers: 2, sync: 'local:2'}");
        Path shared = run("shared", 4);
        Files.writeString(
                shared.resolve("exchanges.jsonl"),
                "{\"step\":2,\"workers\":2,\"bytes\":4000,\"seconds\":2,\"waiting\":0.25,\"work_seconds\":[1,2]}\n"
                        + "{\"step\":4,\"workers\":2,\"bytes\":6000,\"seconds\":2,\"waiting\":0.5,\"work_seconds\":[1,1]}\n"
                        + "{\"step\":6,\"workers\":2,\"bytes\":60");
        Document page = parse(shared, alone);
        Element table = page.select("h2").stream()
                .filter(heading -> heading.text().equals("Workers"))
                .findFirst()
                .orElseThrow()
                .nextElementSiblings()
                .select("table")
                .first();
        assertEquals(
                List.of(
                        "shared",
                        "local:2",
                        "2",
                        "2",
                        "10.0 kB",
                        "5.00 kB",
                        "2.0 s",
                        "37.5 %",
                        "1, 1.20 times the mean"),
                table.select("tbody td").eachText());
        JsonNode exchanges = data(page).path("runs").path(0).path("exchanges");
        assertEquals("[0.25,0.5]", exchanges.path("waiting").toString());
        assertEquals("[2,4]", exchanges.path("step").toString());
        assertEquals("[256,512]", exchanges.path("tokens").toString());
        assertTrue(data(page).path("runs").path(1).path("exchanges").isMissingNode());
    }

    /** The library that draws is in the page as it is in its jar, and so is its licence. */
    @Test
    void theChartLibraryComesWithItsLicence() throws IOException {
        String library =
                parse(run("plain", 3)).select("script:not([type])").first().data();
        assertTrue(library.startsWith("\n/*\nThe MIT License (MIT)\n\nCopyright (c) 2022 Leon Sorokin\n"), library);
        assertTrue(library.contains("The above copyright notice and this permission notice shall be included in"));
        assertTrue(library.contains("var uPlot="), "the library itself");
    }

    @Test
    void lossesOfDifferentTokenizersAreInBitsAByte() throws IOException {
        Path byBytes = run("bytes", 1);
        config = config.with("tokenizer", "bpe/tokenizer.json");
        bytes = 4;
        Path bpe = run("bpe", 1);
        bytes = Double.NaN;
        Path old = run("old", 1);
        List<RunData> runs = RunData.read(List.of(byBytes, bpe, old));
        assertEquals(List.of("old"), RunData.withoutLosses(runs));
        Document page = parse(byBytes, bpe, old);
        JsonNode data = data(page);
        assertEquals("bits a byte", data.path("unit").asString());
        // 0.25 nats a token that stands for 2 bytes, or for 8; 2 nats a token of training that stands for 1 or 4.
        double[] causal = {0.25 / Math.log(2) / 2, 0.25 / Math.log(2) / 8};
        double[] training = {2 / Math.log(2), 2 / Math.log(2) / 4};
        for (int i = 0; i < 2; i++) {
            JsonNode run = data.path("runs").path(i);
            assertEquals(
                    causal[i], run.path("evaluations").path("causal").path(0).asDouble(), 1e-5);
            assertEquals(training[i], run.path("steps").path("smooth").path(0).asDouble(), 1e-4);
        }
        JsonNode without = data.path("runs").path(2);
        assertEquals("[null]", without.path("evaluations").path("causal").toString());
        assertEquals("[null]", without.path("steps").path("loss").toString());
        assertEquals("[1.75]", without.path("evaluations").path("depth").toString());
        assertTrue(page.selectFirst("#bytes").text().endsWith("no bytes into their metrics: old."), page.text());
        Element table = page.selectFirst("h2:contains(Runs)").nextElementSibling();
        assertTrue(table.text().contains("validation loss, bits a byte"));
        assertEquals("0.1803", table.select("tr").get(1).select("td").get(8).text());
        assertEquals("0.0451", table.select("tr").get(2).select("td").get(8).text());
        assertEquals("\u2013", table.select("tr").get(3).select("td").get(8).text());
    }

    @Test
    void lossesOfOneTokenizerStayInNatsAToken() throws IOException {
        Path first = run("first", 1);
        bytes = Double.NaN;
        Document page = parse(first, run("old", 1));
        assertEquals("nats a token", data(page).path("unit").asString());
        assertEquals(
                "[0.25]",
                data(page)
                        .path("runs")
                        .path(1)
                        .path("evaluations")
                        .path("causal")
                        .toString());
        assertTrue(page.select("#bytes").isEmpty());
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
        assertEquals(3, page.select("script").size(), "the data, the library and the page's own");
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
