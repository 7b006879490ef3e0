package org.tornadomor.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/** Who may ask: the key, pages of other origins, and the type of what is posted. */
final class Access {
    private static final String BEARER = "bearer ";
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|::1|\\[::1]|127(\\.\\d{1,3}){3}", Pattern.CASE_INSENSITIVE);

    private final byte[] keyHash;
    private final Set<String> origins;
    private final boolean onLoopback;

    Access(ServerSettings settings) {
        keyHash = settings.apiKey() == null ? null : hash(settings.apiKey());
        origins = settings.origins();
        onLoopback = isLoopback(settings.host());
    }

    /**
     * Whether only programs of this machine can reach an address. No name counts, whatever it begins with, except localhost.
     */
    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }

    /** All hashes have the same length, so comparing them reveals nothing about the key, not even its length. */
    private static byte[] hash(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Refuses who does not show the key.
     *
     * @throws ApiError 401
     */
    void requireKey(Request request) {
        if (keyHash == null) {
            return;
        }
        String shown = request.getHeaders().get(HttpHeader.AUTHORIZATION);
        boolean bearer = shown != null && shown.toLowerCase(Locale.ROOT).startsWith(BEARER);
        byte[] given = hash(bearer ? shown.substring(BEARER.length()).strip() : "");
        if (!MessageDigest.isEqual(given, keyHash) || !bearer) {
            throw ApiError.of(
                    401,
                    "authentication_error",
                    "invalid_api_key",
                    shown == null
                            ? "this server asks for a key: send it as 'Authorization: Bearer KEY'"
                            : "the key in 'Authorization: Bearer KEY' is not the one of this server");
        }
    }

    /**
     * Refuses pages of other origins, and tells browsers about those that are allowed. A browser names no origin if a page asks
     * the server that it came from, or when a page is opened. Then the host name that the browser asked for has to be right.
     *
     * @throws ApiError 403
     */
    void requireOrigin(Request request, Response response) {
        String origin = request.getHeaders().get(HttpHeader.ORIGIN);
        String host = request.getHeaders().get(HttpHeader.HOST);
        boolean all = origins.contains("*");
        if (origin == null) {
            if (!all && isBrowser(request) && !isOwnName(host)) {
                throw refusal();
            }
            return;
        }
        if (isOwn(origin, host)) {
            return;
        }
        if (!all && !origins.contains(origin.toLowerCase(Locale.ROOT))) {
            throw refusal();
        }
        HttpFields.Mutable headers = response.getHeaders();
        headers.put("Access-Control-Allow-Origin", all ? "*" : origin);
        headers.put("Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
        if (!all) {
            headers.add(HttpHeader.VARY, "Origin");
        }
    }

    private static ApiError refusal() {
        return ApiError.of(
                403,
                "permission_error",
                "origin_not_allowed",
                "pages of this origin may not use the server; it allows them with --cors ORIGIN");
    }

    /**
     * Browsers send the first two headers only over HTTPS and to loopback, so for a foreign name that leads here the user agent
     * has to tell.
     */
    private static boolean isBrowser(Request request) {
        HttpFields headers = request.getHeaders();
        String agent = headers.get(HttpHeader.USER_AGENT);
        return headers.contains("Sec-Fetch-Site")
                || headers.contains("Sec-Fetch-Mode")
                || agent != null && agent.startsWith("Mozilla/");
    }

    /**
     * Whether this name is a name of this server. On loopback it has to be a name of loopback or of an allowed origin: any
     * other name may belong to somebody who makes it point here (DNS rebinding).
     */
    private boolean isOwnName(String host) {
        if (!onLoopback) {
            return true;
        }
        if (host == null) {
            return false;
        }
        String name = host.toLowerCase(Locale.ROOT);
        return isLoopback(withoutPort(name))
                || origins.contains("http://" + name)
                || origins.contains("https://" + name);
    }

    /** Whether a page comes from this server itself. On loopback its name has to be one of loopback. */
    private boolean isOwn(String origin, String host) {
        int scheme = origin.indexOf("://");
        String scheme0 = scheme < 0 ? "" : origin.substring(0, scheme).toLowerCase(Locale.ROOT);
        if (host == null || !(scheme0.equals("http") || scheme0.equals("https"))) {
            return false;
        }
        boolean same = origin.substring(scheme + 3).equalsIgnoreCase(host);
        return same && (!onLoopback || isLoopback(withoutPort(host)));
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    }

    /** What a browser asks before it lets a page of another origin post. */
    void answerPreflight(Response response) {
        HttpFields.Mutable headers = response.getHeaders();
        headers.put("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
        headers.put("Access-Control-Allow-Headers", "Authorization, Content-Type");
        headers.put("Access-Control-Max-Age", "600");
    }

    /**
     * Refuses bodies that do not say that they are JSON: a form on another site could post those without the browser asking
     * first.
     *
     * @throws ApiError 415 or 400
     */
    static void requireJson(Request request) {
        HttpField field = request.getHeaders().getField(HttpHeader.CONTENT_TYPE);
        String type = field == null ? "" : field.getValue();
        String[] parts = type.split(";");
        if (parts.length == 0 || !parts[0].strip().equalsIgnoreCase("application/json")) {
            throw ApiError.of(
                    415,
                    ApiError.INVALID,
                    "unsupported_media_type",
                    "send JSON with the header 'Content-Type: application/json'");
        }
        for (int i = 1; i < parts.length; i++) {
            String[] pair = parts[i].strip().split("=", 2);
            boolean utf8 = pair.length == 2 && pair[1].replace("\"", "").equalsIgnoreCase("utf-8");
            if (pair[0].equalsIgnoreCase("charset") && !utf8) {
                throw ApiError.of(400, ApiError.INVALID, "unsupported_charset", "the body has to be UTF-8");
            }
        }
        String encoding = request.getHeaders().get(HttpHeader.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw ApiError.of(
                    415, ApiError.INVALID, "unsupported_encoding", "send the body as it is, without Content-Encoding");
        }
    }
}
