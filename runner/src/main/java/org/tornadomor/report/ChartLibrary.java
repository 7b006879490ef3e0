package org.tornadomor.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.tornadomor.html.HtmlPage;

/** uPlot, which draws the curves of a page, from its WebJar, with its licence. */
final class ChartLibrary {
    private static final String FOLDER = "/META-INF/resources/webjars/uplot/" + version() + "/";

    private ChartLibrary() {}

    private static String version() {
        Properties properties = new Properties();
        try (InputStream in =
                ChartLibrary.class.getResourceAsStream("/META-INF/maven/org.webjars.npm/uplot/pom.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }

    /** Puts styles and script into a page. */
    static void addTo(HtmlPage page) {
        page.style(text("dist/uPlot.min.css") + "\n");
        page.script("/*\n" + text("LICENSE").strip() + "\n*/\n"
                + text("dist/uPlot.iife.min.js").strip() + "\n");
    }

    private static String text(String file) {
        return HtmlPage.resource(ChartLibrary.class, FOLDER + file);
    }
}
