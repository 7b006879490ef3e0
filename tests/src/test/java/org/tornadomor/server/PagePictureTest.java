package org.tornadomor.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.tornadomor.cli.Main;

/**
 * Takes the picture of docs/page.md: {@code tornado-mor serve} with a trained model of {@code -Dpage.model=DIR}, a prompt, two
 * other settings. The picture goes to {@code -Dpage.picture=FILE}.
 */
@Tag("slow")
class PagePictureTest {
    private static final int MOST_BYTES = 100_000;

    @TempDir
    Path temp;

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void takesThePictureOfTheDocumentation() throws Exception {
        String model = System.getProperty("page.model");
        Assumptions.assumeTrue(model != null, "the picture takes a trained model: -Dpage.model=runs/demo");
        Path picture = Path.of(
                System.getProperty("page.picture", temp.resolve("page.png").toString()));
        Path log = temp.resolve("log");
        Process server = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "serve",
                        "--model",
                        Path.of(model).toAbsolutePath().toString(),
                        "--model-name",
                        "demo",
                        "--port",
                        "0"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(log.toFile())
                .start();
        try (Browser browser = Browser.start(temp.resolve("profile"))) {
            String address = address(server, log);
            byte[] small = smallest(show(browser, address));
            assertTrue(small.length < MOST_BYTES, small.length + " bytes");
            Files.write(picture, small);
        } finally {
            server.destroy();
            assertEquals(0, server.waitFor());
        }
    }

    /** Where the server listens, which it says in its log. */
    private static String address(Process server, Path log) throws IOException, InterruptedException {
        while (server.isAlive()) {
            for (String line : Files.readAllLines(log)) {
                if (line.startsWith("listening on http://")) {
                    return line.substring("listening on ".length()).strip() + "/";
                }
            }
            Thread.sleep(50);
        }
        throw new AssertionError(Files.readString(log));
    }

    private static byte[] show(Browser browser, String address) {
        browser.waitFor(Duration.ofMinutes(10));
        browser.resize(1200, 760, false);
        browser.prefer("light");
        browser.open(address);
        browser.until("the model is there", () -> browser.text("#model-name").equals("demo"));
        if (!browser.text("#mode-note").contains("no chat template")) {
            browser.find("#mode-completion").click();
        }
        // The first answer of a JVM is slow.
        set(browser, "max_tokens", "120");
        browser.find("#input").sendKeys("int x", Keys.ENTER);
        complete(browser, 1);
        browser.find("#new").click();
        browser.until("there is none", () -> !browser.find("#tradeoff").isDisplayed());
        browser.find("[aria-label='Delete int x']").click();
        browser.run("document.getElementById('banner').hidden = true");
        set(browser, "seed", "11");
        set(browser, "temperature", "0.6");
        set(browser, "max_tokens", "240");
        browser.find("#input").sendKeys("/**", Keys.chord(Keys.SHIFT, Keys.ENTER), " * Returns the ", Keys.ENTER);
        complete(browser, 1);
        for (String depth : List.of("1", "2")) {
            browser.run(
                    "const s = document.getElementById('depth'); s.value = arguments[0];"
                            + "s.dispatchEvent(new Event('change'))",
                    depth);
            complete(browser, Integer.parseInt(depth) + 1);
        }
        browser.find("#runs tbody button").click();
        browser.run("document.getElementById('scroll').scrollTop = 0; document.activeElement.blur()");
        return browser.screenshot();
    }

    private static void set(Browser browser, String name, String value) {
        var field = browser.find("#settings [name=" + name + "]");
        field.clear();
        field.sendKeys(value);
    }

    private static void complete(Browser browser, int runs) {
        browser.until(
                "there are " + runs + " answers",
                () -> browser.all("#runs tbody tr").size() == runs
                        && browser.find("#send").getDomAttribute("aria-label").equals("Send"));
    }

    /** The same picture in fewer bytes. */
    private static byte[] smallest(byte[] png) throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        BufferedImage plain = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
        plain.createGraphics().drawImage(image, 0, 0, null);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ImageWriteParam how = writer.getDefaultWriteParam();
        how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        how.setCompressionQuality(0);
        ByteArrayOutputStream small = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(small)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(plain, null, null), how);
        }
        writer.dispose();
        return small.toByteArray();
    }
}
