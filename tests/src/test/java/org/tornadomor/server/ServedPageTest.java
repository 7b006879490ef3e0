package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import tools.jackson.databind.JsonNode;

/** The page in a real Chromium, against the real server: what it shows is what the interface answers. */
class ServedPageTest {
    private static final int TOKENS = 60;

    @TempDir
    static Path profile;

    private static Browser browser;

    private ServerFixture server;

    @BeforeAll
    static void startBrowser() {
        browser = Browser.start(profile);
        browser.resize(1280, 860, false);
    }

    @AfterAll
    static void closeBrowser() {
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void closeServer() {
        if (server != null) {
            server.close();
        }
    }

    private void open(ServerFixture.Plan plan) {
        server = new ServerFixture(plan);
        browser.open(server.server().uri() + "/");
        browser.until("the model is there", () -> browser.text("#model-name").equals(ServerFixture.NAME));
        set("seed", "7");
        set("max_tokens", Integer.toString(TOKENS));
    }

    private void set(String name, String value) {
        WebElement field = browser.find("#settings [name=" + name + "]");
        field.clear();
        field.sendKeys(value);
    }

    private void ask(String text) {
        browser.find("#input").sendKeys(text, Keys.ENTER);
        done();
    }

    private void done() {
        browser.until(
                "the answer is complete",
                () -> browser.find("#send").getDomAttribute("aria-label").equals("Send")
                        && browser.all(".message.answer .stats b").size() > 1);
        assertEquals(0, browser.all(".problem:not(#banner)").size(), browser.text("#messages"));
    }

    /** What the page was to send, without a stream. */
    private static String body(String prompt, double threshold, int maxDepth) {
        return ("{%s, 'temperature': 0.8, 'top_p': 1, 'top_k': 40, 'min_p': 0, 'repetition_penalty': 1, 'seed': 7,"
                        + " 'max_tokens': %d, 'threshold': %s, 'max_depth': %d}")
                .formatted(prompt, TOKENS, threshold, maxDepth);
    }

    /** The shown answer has the text and the depths of an answer of the interface. */
    private void showsThatOf(String path, String body, String textAt) {
        JsonNode answer = server.answer(200, path, body);
        JsonNode choice = answer.at("/choices/0");
        assertEquals(
                choice.at(textAt).stringValue(), browser.run("return document.querySelector('.tokens').textContent"));
        List<Integer> depths = new ArrayList<>();
        JsonNode pieces = choice.path("pieces");
        for (int i = 0; i < pieces.size(); i++) {
            if (!pieces.path(i).stringValue().isEmpty()) {
                depths.add(choice.path("depths").path(i).asInt());
            }
        }
        List<Integer> shown = browser.all(".t").stream()
                .map(token -> Integer.valueOf(token.getDomAttribute("data-d")))
                .toList();
        assertEquals(depths, shown);
        String figures = browser.text(".stats");
        JsonNode usage = answer.path("usage");
        assertTrue(
                figures.contains("mean depth %.2f of 3"
                        .formatted(usage.path("mean_depth").asDouble())),
                figures);
        assertTrue(
                figures.contains(Math.round(100 * usage.path("compute_saved").asDouble()) + " % compute saved"),
                figures);
        assertTrue(figures.contains(usage.path("completion_tokens").asInt() + " tokens"), figures);
    }

    @Test
    void chatShowsWhatTheInterfaceAnswers() {
        open(ServerFixture.Plan.PLAIN);
        ask("Why?");
        showsThatOf(
                "/v1/chat/completions",
                body("'messages': [{'role': 'user', 'content': 'Why?'}]", 0.5, 3),
                "/message/content");
    }

    @Test
    void aModelWithoutATemplateCompletesAtAnyDepth() {
        open(ServerFixture.Plan.PLAIN.withChat(null));
        assertTrue(browser.text("#mode-note").contains("no chat template"));
        ask("class ");
        showsThatOf("/v1/completions", body("'prompt': 'class '", 0.5, 3), "/text");
        browser.run("const s = document.getElementById('threshold'); s.value = 0.45;"
                + "s.dispatchEvent(new Event('change'))");
        browser.until("it was run again", () -> browser.all("#runs tbody tr").size() == 2);
        done();
        showsThatOf("/v1/completions", body("'prompt': 'class '", 0.45, 3), "/text");
        browser.run("const s = document.getElementById('depth'); s.value = 2; s.dispatchEvent(new Event('change'))");
        browser.until("it was run again", () -> browser.all("#runs tbody tr").size() == 3);
        done();
        showsThatOf("/v1/completions", body("'prompt': 'class '", 0.45, 2), "/text");
    }

    @Test
    void theServersRefusalIsShown() {
        open(ServerFixture.Plan.PLAIN.withChat(null));
        browser.find("#input").sendKeys("x".repeat(ServerFixture.CONTEXT + 1), Keys.ENTER);
        browser.until("it is refused", () -> browser.all(".message .problem").size() == 1);
        String problem = browser.text(".message .problem");
        assertTrue(problem.startsWith("400 ") && problem.contains("longer than the context"), problem);
    }
}
