package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;

class PageFileTest {
    private final PageFile page = PageFile.load();
    private final String html = new String(page.bytes(), StandardCharsets.UTF_8);

    @Test
    void itIsOneDocumentThatAsksNobodyElse() {
        Document document = Jsoup.parse(html);
        assertEquals(1, document.select("style").size());
        assertEquals(1, document.select("script").size());
        assertFalse(html.contains("{{"), "a part was not put in");
        for (Element element : document.select("[src], [href], [action], [srcset]")) {
            String target = element.hasAttr("href") ? element.attr("href") : element.attr("src");
            assertTrue(target.startsWith("#") || target.startsWith("data:"), element.outerHtml());
        }
        assertFalse(html.matches("(?s).*(@import|url\\(|https?://(?!www\\.w3\\.org)).*"), "something is fetched");
    }

    @Test
    void noTextBecomesHtmlAndNoStyleStandsInAnAttribute() {
        for (String word : new String[] {
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "Function("
        }) {
            assertFalse(html.contains(word), word);
        }
        Document document = Jsoup.parse(html);
        assertEquals(0, document.select("[style]").size(), "the policy forbids it");
        document.getAllElements()
                .forEach(element -> element.attributes()
                        .forEach(attribute ->
                                assertFalse(attribute.getKey().startsWith("on"), "the policy forbids " + attribute)));
    }

    @Test
    void eachFieldHasALabelAndEachButtonAName() {
        Document document = Jsoup.parse(html);
        for (Element field : document.select("input:not([type=file]), textarea, select")) {
            assertTrue(field.hasAttr("aria-label") || field.closest("label") != null, field.outerHtml());
        }
        for (Element button : document.select("button")) {
            assertTrue(button.hasAttr("aria-label") || !button.text().isBlank(), button.outerHtml());
        }
        for (Element one : document.select("[aria-controls], [aria-describedby], output[for]")) {
            for (String name : new String[] {"aria-controls", "aria-describedby", "for"}) {
                if (one.hasAttr(name)) {
                    assertTrue(document.getElementById(one.attr(name)) != null, one.outerHtml());
                }
            }
        }
    }

    @Test
    void aKnownPageIsNotSentAgain() {
        assertTrue(page.isKnown(page.etag()));
        assertTrue(page.isKnown("\"other\", W/" + page.etag()));
        assertTrue(page.isKnown("*"));
        assertFalse(page.isKnown(null));
        assertFalse(page.isKnown("\"other\""));
        assertEquals(page.etag(), page.headers().get("ETag"));
        assertEquals("no-cache", page.headers().get("Cache-Control"));
    }

    @Test
    void itsPolicyAllowsItsOwnScriptAlone() {
        String policy = page.headers().get("Content-Security-Policy");
        assertTrue(policy.contains("default-src 'none'"), policy);
        assertTrue(policy.contains("script-src 'sha256-"), policy);
        assertTrue(policy.contains("frame-ancestors 'none'"), policy);
        assertFalse(policy.contains("unsafe"), policy);
    }
}
