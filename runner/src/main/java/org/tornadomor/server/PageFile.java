package org.tornadomor.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The page at {@code GET /}: one document with its style and script inside, made once of the files in the folder {@code page} beside this
 * class. A line <code>{{NAME}}</code> of {@code index.html} stands for the file of that name.
 *
 * <p>The policy that goes with it lets the browser run that script and talk to this server, and nothing else: what a model
 * writes can never become part of the page, even if the page has a fault.
 */
public final class PageFile {
    private static final String FOLDER = "page/";
    private static final Pattern PART = Pattern.compile("(?m)^\\{\\{([a-z]+\\.[a-z]+)}}$");
    private static final Pattern STYLE = Pattern.compile("<style>(.*?)</style>", Pattern.DOTALL);
    private static final Pattern SCRIPT = Pattern.compile("<script type=\"module\">(.*?)</script>", Pattern.DOTALL);

    private final byte[] bytes;
    private final String etag;
    private final String policy;

    private PageFile(String html) {
        bytes = html.getBytes(StandardCharsets.UTF_8);
        etag = '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(sha256(bytes)) + '"';
        policy = String.join(
                "; ",
                "default-src 'none'",
                "script-src " + hash(SCRIPT, html),
                "style-src " + hash(STYLE, html),
                "connect-src 'self'",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'");
    }

    /** Reads the page from the class path. */
    public static PageFile load() {
        return new PageFile(PART.matcher(read("index.html"))
                .replaceAll(part -> Matcher.quoteReplacement(read(part.group(1)).stripTrailing())));
    }

    /** The page in UTF-8. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Its entity tag, in quotes. */
    public String etag() {
        return etag;
    }

    /** The headers that it is sent with, in a 304 answer too. */
    public Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "text/html; charset=utf-8");
        headers.put("Content-Security-Policy", policy);
        // Kept by browsers, but asked for again each time: a new version of the program shows at once.
        headers.put("Cache-Control", "no-cache");
        headers.put("ETag", etag);
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Referrer-Policy", "no-referrer");
        return headers;
    }

    /**
     * Whether a browser has this version already, so that 304 is the answer.
     *
     * @param ifNoneMatch the header of that name; null where there is none
     */
    public boolean isKnown(String ifNoneMatch) {
        if (ifNoneMatch == null) {
            return false;
        }
        for (String tag : ifNoneMatch.split(",")) {
            String plain = tag.strip();
            // A proxy that compresses makes tags weak.
            if (plain.equals("*") || plain.equals(etag) || plain.equals("W/" + etag)) {
                return true;
            }
        }
        return false;
    }

    private static String hash(Pattern element, String html) {
        Matcher found = element.matcher(html);
        if (!found.find()) {
            throw new IllegalStateException("the page lacks " + element);
        }
        byte[] content = found.group(1).getBytes(StandardCharsets.UTF_8);
        return "'sha256-" + Base64.getEncoder().encodeToString(sha256(content)) + "'";
    }

    private static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String read(String name) {
        try (InputStream in = PageFile.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) {
                throw new IllegalStateException("the page lacks its part " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
