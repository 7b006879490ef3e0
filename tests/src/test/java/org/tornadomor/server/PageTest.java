package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import tools.jackson.databind.JsonNode;

/** The page in a real Chromium, against a server that answers by rule. Each test has a server, and so an origin and a store, of its own. */
class PageTest {
    private static final String SEED = "7";

    @TempDir
    static Path profile;

    private static Browser browser;

    @TempDir
    Path temp;

    private FakeServer server;

    @BeforeAll
    static void startBrowser() {
        browser = Browser.start(profile);
    }

    @AfterAll
    static void closeBrowser() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void startServer() throws IOException {
        server = new FakeServer();
        browser.resize(1280, 860, false);
    }

    @AfterEach
    void closeServer() {
        server.close();
    }

    /** Opens the page and waits for the model. */
    private void open() {
        browser.open(server.address());
        browser.until("the model is there", () -> browser.text("#model-name").equals("fake"));
    }

    private void set(String name, String value) {
        WebElement field = browser.find("#settings [name=" + name + "]");
        field.clear();
        field.sendKeys(value);
    }

    private void send(String text) {
        browser.find("#input").sendKeys(text, Keys.ENTER);
    }

    /** Waits for the end of the answer under way, which is so many in this conversation. */
    private void answered(int answers) {
        browser.until(
                "there are " + answers + " answers, and none under way",
                () -> browser.all(".message.answer").size() == answers && !busy());
    }

    private boolean busy() {
        return browser.find("#send").getDomAttribute("aria-label").equals("Stop");
    }

    private void ask(String text) {
        int before = browser.all(".message.answer").size();
        send(text);
        answered(before + 1);
    }

    /** Moves a slider as a person does: a value, and letting go. */
    private void slide(String id, String value) {
        browser.run(
                "const s = document.getElementById(arguments[0]); s.value = arguments[1];"
                        + "s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change'));",
                id,
                value);
    }

    /** Text with its white space, which the driver would tidy. */
    private String content(String css) {
        return (String) browser.run("return document.querySelector(arguments[0]).textContent", css);
    }

    /** The row of the trade-off that belongs to the answer in sight. */
    private String rowShown() {
        return browser.text("#runs tr.now").replace('\n', ' ');
    }

    private JsonNode lastRequest() {
        return server.requests.getLast();
    }

    @Test
    void anAnswerStreamsInShadedByDepthAndNeverAsHtml() {
        open();
        set("seed", SEED);
        set("system", "Be short.");
        ask("Why?");
        assertEquals(FakeServer.text(7, server.tokens), content(".tokens"));
        assertEquals(0, browser.all("#messages img, #messages .tokens b").size());
        assertEquals("fake – TornadoMoR", browser.driver().getTitle());
        List<WebElement> tokens = browser.all(".t");
        assertEquals(server.tokens, tokens.size());
        double sum = 0;
        for (int i = 0; i < tokens.size(); i++) {
            int depth = FakeServer.depth(i, 0.5, 3);
            assertEquals(Integer.toString(depth), tokens.get(i).getDomAttribute("data-d"));
            sum += depth;
        }
        String figures = browser.text(".stats");
        assertTrue(figures.contains("mean depth %.2f of 3".formatted(sum / tokens.size())), figures);
        assertTrue(figures.contains(Math.round(100 - 100 * sum / tokens.size() / 3) + " % compute saved"), figures);
        assertNotEquals(
                tokens.get(0).getCssValue("background-color"), tokens.get(4).getCssValue("background-color"));
        JsonNode request = lastRequest();
        assertEquals("Be short.", request.at("/messages/0/content").stringValue());
        assertEquals("Why?", request.at("/messages/1/content").stringValue());
        assertEquals(7, request.path("seed").asInt());
        assertEquals(0.5, request.path("threshold").asDouble());
        assertEquals(3, request.path("max_depth").asInt());
        assertEquals(0.8, request.path("temperature").asDouble());
        assertTrue(request.at("/stream_options/include_usage").asBoolean());
    }

    /** The text stays as it is, mark for mark; code and strong words only look so. */
    @Test
    void codeStandsOutAndNothingIsLost() {
        server.words = List.of(
                "Use `", "a", "` or **b", "**:\n", "``", "`java\n", "int x;", "\n``", "`\n", "# Done\n", "`open");
        server.tokens = server.words.size();
        open();
        set("seed", "0");
        ask("How?");
        assertEquals("`a`", content(".tokens code.code"));
        assertEquals("**b**", content(".tokens strong"));
        assertEquals("```java\nint x;\n```\n", content(".tokens code.block"));
        assertEquals("# Done\n", content(".tokens .head"));
        assertEquals(String.join("", server.words), content(".tokens"));
        browser.run("navigator.clipboard.writeText = async text => { window.copied = text; }");
        browser.find("[aria-label='Copy this code']").click();
        browser.until("it is copied", () -> "int x;".equals(browser.run("return window.copied")));
    }

    @Test
    void theNextQuestionCarriesTheConversation() {
        open();
        set("seed", SEED);
        ask("One");
        ask("Two");
        JsonNode messages = lastRequest().path("messages");
        assertEquals(3, messages.size());
        assertEquals("assistant", messages.path(1).path("role").stringValue());
        assertEquals(
                FakeServer.text(7, server.tokens),
                messages.path(1).path("content").stringValue());
    }

    @Test
    void whatIsStoppedStaysAndCanBeAskedForAnew() {
        server.delayMillis = 20;
        server.tokens = 4000;
        open();
        set("max_tokens", "4000");
        send("Go");
        browser.until("tokens come", () -> browser.all(".t").size() > 4);
        browser.find("#input").sendKeys(Keys.ESCAPE);
        browser.until("it ends", () -> !busy());
        int kept = browser.all(".t").size();
        assertTrue(kept > 4 && kept < 4000, kept + " tokens");
        assertTrue(browser.text(".stats").contains("stopped by you"));
        server.tokens = 6;
        browser.find("[aria-label=Regenerate]").click();
        browser.until("the new one is there", () -> !busy() && browser.all(".t").size() == 6);
        assertEquals("2 / 2", browser.text(".variants"));
        browser.find("[aria-label='Answer before']").click();
        assertEquals(kept, browser.all(".t").size());
    }

    @Test
    void anEditedQuestionDropsWhatCameAfter() {
        open();
        ask("One");
        ask("Two");
        browser.find("[aria-label='Edit and send again']").click();
        WebElement area = browser.find("[aria-label=Edit]");
        area.clear();
        area.sendKeys("Three", Keys.chord(Keys.SHIFT, Keys.ENTER), "Four", Keys.ENTER);
        answered(1);
        assertEquals("Three\nFour", lastRequest().at("/messages/0/content").stringValue());
        assertEquals(1, lastRequest().path("messages").size());
    }

    @Test
    void settingsAndConversationsOutliveThePage() {
        open();
        set("seed", SEED);
        set("top_k", "5");
        ask("First question");
        browser.find("#new").click();
        ask("Second question");
        open();
        assertEquals("5", browser.find("[name=top_k]").getDomProperty("value"));
        assertEquals("Second question", browser.text(".message.user .text"));
        assertEquals(FakeServer.text(7, server.tokens), content(".tokens"));
        assertEquals(2, browser.all("#conversations li").size());
        browser.all("#conversations .open").get(1).click();
        assertEquals("First question", browser.text(".message.user .text"));
        browser.find("[aria-label='Delete First question']").click();
        browser.until("it is gone", () -> browser.all("#conversations li").size() == 1);
        browser.find("#banner button").click();
        browser.until("it is back", () -> browser.all("#conversations li").size() == 2);
        assertEquals("First question", browser.text(".message.user .text"));
        browser.find("[aria-label='Delete First question']").click();
        browser.until("it is gone", () -> browser.all("#conversations li").size() == 1);
        open();
        assertEquals(1, browser.all("#conversations li").size());
    }

    @Test
    void conversationsGoOutAndComeIn() throws IOException {
        open();
        ask("Keep this");
        browser.run(
                "URL.createObjectURL = blob => { blob.text().then(text => { window.exported = text; }); return '#'; }");
        browser.find("#export").click();
        browser.until("it is exported", () -> browser.run("return window.exported") != null);
        String exported = (String) browser.run("return window.exported");
        browser.find("[aria-label='Delete Keep this']").click();
        Path file = Files.writeString(temp.resolve("conversations.json"), exported);
        browser.find("#import-file").sendKeys(file.toString());
        browser.until("it is back", () -> browser.all("#conversations .open").size() == 1);
        browser.find("#conversations .open").click();
        assertEquals(server.tokens, browser.all(".t").size());
        Path bad = Files.writeString(temp.resolve("bad.json"), "{\"conversations\":[{\"id\":3}]}");
        browser.find("#import-file").sendKeys(bad.toString());
        browser.until("it is refused", () -> browser.text("#banner").contains("bad.json holds no conversations"));
    }

    @Test
    void letGoASliderAsksAgainWithTheSameSeed() {
        open();
        ask("Go");
        long seed = lastRequest().path("seed").asLong();
        slide("threshold", "0.1");
        browser.until("there are two runs", () -> browser.all("#runs tbody tr").size() == 2 && !busy());
        assertEquals(0.1, lastRequest().path("threshold").asDouble());
        assertEquals(seed, lastRequest().path("seed").asLong());
        slide("depth", "2");
        browser.until(
                "there are three runs", () -> browser.all("#runs tbody tr").size() == 3 && !busy());
        assertEquals(2, lastRequest().path("max_depth").asInt());
        assertEquals(3, browser.all("#chart circle").size());
        assertTrue(rowShown().startsWith("0.10 2 "), rowShown());
        // A setting that was tried already is shown, not computed again.
        int requests = server.requests.size();
        slide("depth", "3");
        browser.until("the run before is shown", () -> rowShown().startsWith("0.10 3 "));
        assertEquals(requests, server.requests.size());
        browser.find("#runs tbody button").click();
        browser.until("the slider follows", () -> browser.text("#threshold-out").equals("0.50"));
        browser.find("#rerun").click();
        slide("threshold", "0.9");
        assertEquals(requests, server.requests.size());
    }

    @Test
    void withoutATemplateThePageCompletesAndSaysWhy() {
        server.chatTemplate = false;
        open();
        assertTrue(browser.text("#mode-note").contains("no chat template"));
        assertEquals("true", browser.find("#mode-chat").getDomAttribute("aria-disabled"));
        set("seed", SEED);
        ask("public class ");
        assertEquals("public class ", lastRequest().path("prompt").stringValue());
        assertEquals("public class " + FakeServer.text(7, server.tokens), content(".message .text"));
        browser.find("[aria-label='Write on']").click();
        browser.until("it went on", () -> !busy() && browser.all(".t").size() == 2 * server.tokens);
        assertEquals(
                "public class " + FakeServer.text(7, server.tokens),
                lastRequest().path("prompt").stringValue());
    }

    @Test
    void aServerThatRefusesToChatIsBelieved() {
        open();
        server.refusal = new Object[] {400, "no_chat_template", "the model has no chat template"};
        ask("Hello");
        assertTrue(browser.text(".problem").contains("the model has no chat template"));
        assertTrue(browser.text("#mode-note").contains("no chat template"));
    }

    @Test
    void bareIdsAreSentAsNumbers() {
        server.hasTokenizer = false;
        server.chatTemplate = false;
        open();
        ask("112, 117 98");
        assertEquals("[112,117,98]", lastRequest().path("prompt").toString());
        ask("Hello");
        assertTrue(browser.text(".problem").contains("give token ids"));
    }

    @Test
    void aModelOfOneDepthHasNothingToChoose() {
        server.recursions = 1;
        open();
        assertFalse(browser.find("#threshold").isEnabled());
        assertFalse(browser.find("#depth").isEnabled());
        assertTrue(browser.text("#lab-note").contains("no depth to choose"));
        ask("Hello");
        assertTrue(lastRequest().path("threshold").isMissingNode());
        assertTrue(lastRequest().path("max_depth").isMissingNode());
    }

    @Test
    void aLoadingModelIsWaitedFor() {
        server.loading = true;
        browser.open(server.address());
        browser.until("it waits", () -> browser.text("#banner").contains("503 loading: the model is being loaded"));
        server.loading = false;
        browser.until("it is there", () -> browser.text("#model-name").equals("fake"));
        assertFalse(browser.find("#banner").isDisplayed());
    }

    @Test
    void aKeyIsAskedForAndSent() {
        server.key = "secret";
        browser.open(server.address());
        browser.until("it is refused", () -> browser.text("#banner").contains("the key is missing or wrong"));
        browser.find("#banner button").click();
        assertEquals("key", browser.driver().switchTo().activeElement().getDomAttribute("name"));
        browser.driver().switchTo().activeElement().sendKeys("secret", Keys.TAB);
        browser.until("it is let in", () -> browser.text("#model-name").equals("fake"));
        ask("Hello");
        assertEquals(server.tokens, browser.all(".t").size());
    }

    @Test
    void errorsAreShownAsTheyAre() {
        open();
        server.refusal = new Object[] {429, "queue_full", "too many <requests>"};
        ask("Hello");
        assertEquals("429 queue_full too many <requests>", browser.text(".problem span"));
        browser.find(".problem button").click();
        browser.until("it works", () -> browser.all(".t").size() == server.tokens && !busy());
        assertEquals(0, browser.all(".problem:not([hidden]):not(#banner)").size());
        server.breaksAfter = 4;
        ask("Once more");
        assertTrue(browser.text(".problem span").contains("engine_failed the engine failed"));
        assertEquals(4, browser.all(".message.answer:last-child .t").size());
    }

    @Test
    void aServerThatIsGoneIsMissed() {
        open();
        server.close();
        ask("Hello");
        assertTrue(browser.text(".problem").contains("The server does not answer"));
    }

    @Test
    void tokensTellTheirDepthToPointerAndKeyboard() {
        open();
        set("seed", "1");
        ask("Hello");
        new org.openqa.selenium.interactions.Actions(browser.driver())
                .moveToElement(browser.all(".t").get(4))
                .perform();
        browser.until("the tip shows", () -> browser.text("#tip").endsWith("depth 3 of 3"));
        WebElement tokens = browser.find(".tokens");
        browser.run("arguments[0].focus()", tokens);
        tokens.sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
        assertTrue(content("#status").endsWith("depth 1 of 3"), content("#status"));
        tokens.sendKeys(Keys.END);
        assertEquals("t at", browser.all(".t").getLast().getDomAttribute("class"));
    }

    @Test
    void aPhoneShowsAllOfItWithoutScrollingAside() {
        browser.resize(360, 740, true);
        open();
        ask("A-rather-long-word-that-must-break-".repeat(4));
        assertEquals(360L, browser.run("return document.documentElement.scrollWidth"));
        assertEquals(0L, browser.run("return document.querySelector('#scroll').scrollLeft"));
        browser.find("#open-panel").click();
        browser.until("it is open", () -> browser.find("#threshold").isDisplayed());
        assertEquals(true, browser.run("return document.getElementById('main').inert"));
        assertEquals(
                true, browser.run("const p = document.getElementById('panel'); return p.scrollWidth <= p.clientWidth"));
        browser.driver().switchTo().activeElement().sendKeys(Keys.ESCAPE);
        browser.until("it is closed", () -> !browser.find("#threshold").isDisplayed());
        assertEquals("open-panel", browser.driver().switchTo().activeElement().getDomAttribute("id"));
        browser.find("#open-list").click();
        browser.until("the list is open", () -> browser.find("#new").isDisplayed());
        browser.find("#conversations .open").click();
        browser.until("and closed", () -> !browser.find("#new").isDisplayed());
    }

    @Test
    void theTabKeyReachesWhatAPersonNeeds() {
        open();
        ask("Hello");
        StringBuilder way = new StringBuilder();
        browser.run("document.activeElement.blur(); window.getSelection().removeAllRanges();");
        for (int i = 0; i < 40; i++) {
            new org.openqa.selenium.interactions.Actions(browser.driver())
                    .sendKeys(Keys.TAB)
                    .perform();
            way.append(browser.run("const e = document.activeElement;"
                            + "return e.id || e.name || e.className.split(' ').pop() || e.tagName"))
                    .append(' ');
        }
        for (String part :
                List.of("theme", "new", "tokens", "mode-chat", "input", "send", "threshold", "temperature")) {
            assertTrue(way.toString().contains(part + " "), part + " is not in " + way);
        }
        assertFalse(way.toString().contains("mode-completion"), "one stop for the choice: " + way);
    }

    @Test
    void theThemeFollowsTheSystemUntilItIsChosen() {
        browser.prefer("dark");
        open();
        String dark = browser.find("body").getCssValue("background-color");
        browser.prefer("light");
        assertNotEquals(dark, browser.find("body").getCssValue("background-color"));
        browser.find("#theme").click();
        browser.find("#theme").click();
        assertEquals(dark, browser.find("body").getCssValue("background-color"));
        open();
        assertEquals(dark, browser.find("body").getCssValue("background-color"));
    }

    /** Text on each depth has the contrast that WCAG asks for, and depths differ in luminance, which every eye sees. */
    @Test
    void depthsCanBeReadAndToldApartWithoutColourVision() {
        for (String scheme : List.of("light", "dark")) {
            browser.prefer(scheme);
            for (int most : new int[] {2, 3, 4, 6}) {
                server.recursions = most;
                open();
                @SuppressWarnings("unchecked")
                List<Number> luminances = (List<Number>) browser.run(LUMINANCES);
                double text = luminances.getFirst().doubleValue();
                for (int depth = 1; depth <= most; depth++) {
                    double shade = luminances.get(depth).doubleValue();
                    double contrast = contrast(text, shade);
                    assertTrue(contrast >= 4.5, scheme + " " + depth + " of " + most + ": " + contrast);
                    if (depth > 1) {
                        double step = contrast(shade, luminances.get(depth - 1).doubleValue());
                        boolean onwards = shade < luminances.get(depth - 1).doubleValue() == scheme.equals("light");
                        assertTrue(onwards && step > 1.1, scheme + " " + depth + " of " + most + ": " + step);
                    }
                }
            }
        }
        browser.prefer("light");
    }

    /** Relative luminance of the text, then of each depth, as pixels have it. */
    private static final String LUMINANCES = """
            const canvas = document.createElement('canvas').getContext('2d');
            const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
            const luminance = colour => {
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => linear(v / 255));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            return [luminance(getComputedStyle(document.body).color),
                ...[...document.querySelectorAll('#legend i')].map(i => luminance(getComputedStyle(i).backgroundColor))];
            """;

    private static double contrast(double a, double b) {
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }
}
