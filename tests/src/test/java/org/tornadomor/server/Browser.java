package org.tornadomor.server;

import java.io.File;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** The Chromium of the system without a window, driven by its own driver. Nothing is downloaded. */
public final class Browser implements AutoCloseable {
    /** Long, since a machine may be busy. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final int LOOK_MILLIS = 15;
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    /** Says of each new Chromium that the library does not know its debugging protocol, which is not used here. */
    private static final Logger CHATTER = Logger.getLogger("org.openqa.selenium.devtools");

    private final ChromeDriver driver;
    private long patienceMillis = PATIENCE.toMillis();

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts one, or skips the test with a message. @param profile an empty folder */
    public static Browser start(Path profile) {
        Optional<Path> chromium =
                NAMES.stream().map(Browser::onPath).flatMap(Optional::stream).findFirst();
        Optional<Path> chromedriver = onPath("chromedriver");
        Assumptions.assumeTrue(
                chromium.isPresent() && chromedriver.isPresent(),
                "the page is tested where chromium and chromedriver are installed, as by: apt-get install chromium-driver");
        CHATTER.setLevel(Level.SEVERE);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.get().toFile());
        options.addArguments(
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--window-size=1280,860",
                "--user-data-dir=" + profile);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.get().toFile())
                .usingAnyFreePort()
                .withTimeout(PATIENCE)
                .withLogOutput(OutputStream.nullOutputStream())
                .build();
        return new Browser(new ChromeDriver(service, options));
    }

    private static Optional<Path> onPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    public ChromeDriver driver() {
        return driver;
    }

    /** How long it waits for something to become so; a minute and a half at first. */
    void waitFor(Duration longest) {
        patienceMillis = longest.toMillis();
    }

    public void open(String address) {
        driver.manage().timeouts().scriptTimeout(PATIENCE);
        driver.get(address);
    }

    /** Shows pages on a screen of this size. */
    public void resize(int width, int height, boolean phone) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", phone ? 2 : 1, "mobile", phone));
    }

    /** What the system prefers: dark or light. */
    public void prefer(String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    public WebElement find(String css) {
        return driver.findElement(By.cssSelector(css));
    }

    public List<WebElement> all(String css) {
        return driver.findElements(By.cssSelector(css));
    }

    public Object run(String script, Object... arguments) {
        return ((JavascriptExecutor) driver).executeScript(script, arguments);
    }

    public String text(String css) {
        return find(css).getText();
    }

    byte[] screenshot() {
        return driver.getScreenshotAs(OutputType.BYTES);
    }

    /** Waits until something is so. */
    public void until(String what, Supplier<Boolean> condition) {
        long end = System.currentTimeMillis() + patienceMillis;
        RuntimeException last = null;
        while (System.currentTimeMillis() < end) {
            try {
                if (condition.get()) {
                    return;
                }
            } catch (org.openqa.selenium.WebDriverException e) {
                // The page is being made anew.
                last = e;
            }
            sleep();
        }
        throw new AssertionError("not so: " + what + "; the page shows " + text("body"), last);
    }

    private static void sleep() {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
