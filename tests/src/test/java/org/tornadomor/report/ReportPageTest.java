package org.tornadomor.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;
import org.tornadomor.server.Browser;
import org.tornadomor.trainer.MetricsLog;
import org.tornadomor.trainer.TinyRuns;

/** The page as a browser shows it, from a file. */
class ReportPageTest {
    private static final String LONG =
            "a-run-with-a-very-long-name-as-scripts-make-them-out-of-all-of-their-settings-lr0.003";

    @TempDir
    Path temp;

    /** A run of a model with two depths. */
    private Path run(String name, double slope) throws IOException {
        Path folder = Files.createDirectories(temp.resolve(name));
        Files.writeString(
                folder.resolve("config.yaml"),
                TinyRuns.with(
                                TinyRuns.config(TinyRuns.text(temp)),
                                "model.mor={num_recursions: 2, router: expert_choice}",
                                "lr=" + slope / 1000)
                        .toYaml());
        Files.writeString(
                folder.resolve(MetricsLog.FILE),
                IntStream.rangeClosed(1, 40)
                        .mapToObj(i -> "{\"step\":" + i + ",\"tokens\":" + 128 * i + ",\"loss\":3,\"lm_loss\":"
                                + (1 + slope / i) + ",\"lr\":0.01,\"grad_norm\":" + slope / i
                                + ",\"tokens_per_second\":64,\"step_seconds\":2,\"depth_share\":[0.5,0.5]}\n"
                                + (i % 10 == 0 ? evaluation(i, slope) : ""))
                        .collect(Collectors.joining()));
        Files.writeString(
                folder.resolve(RunRecord.FILE),
                "{\"sessions\": [{\"began\": \"2026-01-01T00:00:00Z\", \"ended\": \"\", \"first_step\": 1,"
                        + " \"outcome\": \"running\", \"facts\": {\"command\": \"train --out " + "x".repeat(300)
                        + "\"}}]}");
        Files.writeString(
                folder.resolve(SampleLog.FILE),
                "{\"step\": 2, \"samples\": [{\"prompt\": \"" + "word".repeat(200) + "\", \"written\": [[\"b\", 1]]}],"
                        + " \"excerpt\": [[\"" + "long".repeat(200) + "\", 1, 0.5]]}");
        return folder;
    }

    private static String evaluation(int step, double slope) {
        return "{\"step\":" + step + ",\"tokens\":" + 128 * step + ",\"val_loss\":" + (1.1 + slope / step)
                + ",\"val_loss_causal\":" + (1.2 + slope / step) + ",\"val_depth_share\":[0.5,0.5],"
                + "\"val_depth_share_causal\":[0.25,0.75],\"dead_token_ratio\":0.5,\"sampling_accuracy\":[0.875]}\n";
    }

    private static boolean draws(Browser browser, int chart, String colour) {
        return (Boolean) browser.run(
                "const canvas = document.querySelectorAll('#charts canvas')[arguments[0]];"
                        + "const p = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
                        + "const c = parseInt(arguments[1].slice(1), 16);"
                        + "for (let i = 0; i < p.length; i += 4) {"
                        + "  if ((p[i] << 16 | p[i + 1] << 8 | p[i + 2]) === c && p[i + 3] === 255) { return true; } }"
                        + "return false;",
                chart,
                colour);
    }

    private static long wideness(Browser browser) {
        return (Long) browser.run("return document.documentElement.scrollWidth");
    }

    @Test
    void curvesAreDrawnAndNothingIsCutOff() throws IOException {
        Path one = Files.writeString(temp.resolve("one.html"), ReportPage.of(RunData.read(List.of(run("one", 2)))));
        Path two = Files.writeString(
                temp.resolve("two.html"), ReportPage.of(RunData.read(List.of(run("short", 2), run(LONG, 3)))));
        try (Browser browser = Browser.start(temp.resolve("profile"))) {
            browser.prefer("light");
            browser.open(one.toUri().toString());
            List<WebElement> cards = browser.all("#charts .card");
            assertEquals(7, cards.size());
            assertEquals(7, browser.all("#charts canvas").size());
            assertTrue(draws(browser, 0, "#cf3549"), "validation");
            assertTrue(draws(browser, 4, "#4c9ad8") && draws(browser, 4, "#2fae93"), "both depths");
            browser.prefer("dark");
            browser.until("it is dark", () -> draws(browser, 0, "#f3717f"));

            browser.open(two.toUri().toString());
            browser.until("two runs are there", () -> draws(browser, 0, "#6d9bff") && draws(browser, 0, "#f2a04e"));
            new Actions(browser.driver())
                    .moveToElement(browser.find("#charts .u-over"))
                    .perform();
            browser.until(
                    "the values are told", () -> browser.text("#charts .tip").startsWith("20 steps"));
            assertTrue(browser.text("#charts .tip").contains(LONG + "\n1.35"), browser.text("#charts .tip"));
            browser.find("[data-x=seconds]").click();
            assertTrue(browser.find("#charts canvas").isDisplayed());
            browser.find("#runs .chip").click();
            assertTrue(!draws(browser, 0, "#6d9bff") && draws(browser, 0, "#f2a04e"), "the first run is hidden");

            for (Path page : List.of(one, two)) {
                for (int width : new int[] {1000, 400}) {
                    browser.resize(width, 800, false);
                    browser.open(page.toUri().toString());
                    browser.run("document.querySelectorAll('details').forEach(it => { it.open = true; })");
                    assertTrue(wideness(browser) <= width, page + " at " + width + " is wide " + wideness(browser));
                }
            }
        }
    }
}
