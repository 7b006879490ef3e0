package org.tornadomor.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.thread.Scheduler;
import org.tornadomor.UserError;
import tools.jackson.databind.node.ObjectNode;

/** A request and its answer, on a thread of their own that may wait. */
final class Exchange {
    /** What the access log adds to its line. */
    static final String NOTE = Exchange.class.getName() + ".note";

    /** The status of a request whose client went away; only log and metrics show it. */
    static final int GONE = 499;

    /** The status for log and metrics, where it is not that of the answer. */
    static final String STATUS = Exchange.class.getName() + ".status";

    private static final int LONGEST_WHY = 80;

    /** What metrics call the path. */
    static final String ROUTE = Exchange.class.getName() + ".route";

    private final Request request;
    private final Response response;
    private final Duration patience;
    private final long arrived = System.nanoTime();
    private boolean bodyRead;

    Exchange(Request request, Response response, Duration patience) {
        this.request = request;
        this.response = response;
        this.patience = patience;
        arrivedWhole();
        HttpFields.Mutable headers = response.getHeaders();
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
    }

    private void arrivedWhole() {
        if (endPoint() instanceof WatchedEndPoint watched) {
            watched.arrived();
        }
    }

    private Object endPoint() {
        return request.getConnectionMetaData().getConnection().getEndPoint();
    }

    Request request() {
        return request;
    }

    Response response() {
        return response;
    }

    /** When the head of the request was complete. */
    long arrivedNanos() {
        return arrived;
    }

    /** Adds to the line of the access log. */
    void note(String text) {
        Object there = request.getAttribute(NOTE);
        request.setAttribute(NOTE, there == null ? text : there + " " + text);
    }

    /**
     * The body, if it is small enough and arrives in time.
     *
     * @throws ApiError 413 or 408
     */
    byte[] body() throws IOException {
        if (request.getLength() > ModelServer.LARGEST_BODY) {
            throw tooLarge();
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        InputStream in = Content.Source.asInputStream(request);
        for (int count = read(in, part); count >= 0; count = read(in, part)) {
            if (body.size() + count > ModelServer.LARGEST_BODY) {
                throw tooLarge();
            }
            if (System.nanoTime() - arrived > patience.toNanos()) {
                throw tooSlow();
            }
            body.write(part, 0, count);
        }
        arrivedWhole();
        bodyRead = true;
        return body.toByteArray();
    }

    /** Whether there is a body of which nobody has seen the end. */
    private boolean isBodyLeft() {
        HttpFields headers = request.getHeaders();
        return !bodyRead
                && (headers.contains(HttpHeader.TRANSFER_ENCODING)
                        || headers.getLongField(HttpHeader.CONTENT_LENGTH) > 0);
    }

    private int read(InputStream in, byte[] part) throws IOException {
        try {
            return in.read(part);
        } catch (IOException e) {
            if (e.getCause() instanceof TimeoutException) {
                throw tooSlow();
            }
            throw new ClientGoneException("the body broke off");
        }
    }

    private static ApiError tooSlow() {
        return ApiError.of(408, ApiError.INVALID, "request_timeout", "the body arrives too slowly");
    }

    private static ApiError tooLarge() {
        return ApiError.of(
                413,
                ApiError.INVALID,
                "body_too_large",
                "the body is larger than " + ModelServer.LARGEST_BODY + " bytes; send less at a time");
    }

    /** Whether the client closed the connection. Call it only after the body was read. */
    boolean clientWentAway() {
        return endPoint() instanceof WatchedEndPoint watched && watched.clientWentAway();
    }

    /** Ends the connection because nobody is there for an answer, or will be in time. */
    void abort(String why) {
        note("gone=" + shown(why, LONGEST_WHY).replace(' ', '-'));
        request.setAttribute(STATUS, GONE);
        close();
    }

    private void close() {
        request.getConnectionMetaData().getConnection().getEndPoint().close();
    }

    /** Ends the connection after some time, whatever it waits for then, unless the task is cancelled. */
    Scheduler.Task closeAfter(Duration time) {
        return request.getComponents().getScheduler().schedule(this::close, time.toMillis(), TimeUnit.MILLISECONDS);
    }

    void send(int status, ObjectNode json) throws IOException {
        send(status, "application/json", Json.bytes(json));
    }

    /** Answers as a whole. */
    void send(int status, String type, byte[] content) throws IOException {
        response.setStatus(status);
        if (type != null) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        }
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, content.length);
        if (isBodyLeft()) {
            // Where it has not arrived yet the connection ends, and a client that is not told sends its next request
            // there.
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        boolean head = request.getMethod().equals("HEAD");
        Content.Sink.write(response, true, ByteBuffer.wrap(head ? new byte[0] : content));
    }

    void send(ApiError error) throws IOException {
        if (error.retryAfter() > 0) {
            response.getHeaders().put(HttpHeader.RETRY_AFTER, error.retryAfter());
        }
        if (error.status() == 401) {
            response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
        }
        note("error=" + error.code());
        send(error.status(), error.json());
    }

    /** Begins an answer of events. */
    void beginEvents() {
        response.setStatus(200);
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(HttpHeader.CONTENT_TYPE, "text/event-stream; charset=utf-8");
        headers.put("X-Accel-Buffering", "no");
    }

    /** Sends text of events, and waits until the client takes it. */
    void write(String text, boolean last) throws IOException {
        Content.Sink.write(response, last, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** A text as one short line without control characters. */
    static String shown(String text, int most) {
        StringBuilder shown = new StringBuilder();
        String line = UserError.oneLine(text);
        for (int i = 0; i < line.length() && shown.length() < most; i++) {
            char c = line.charAt(i);
            shown.append(c < ' ' || c >= 0x7f && c < 0xa0 || Character.isSurrogate(c) ? '?' : c);
        }
        return shown.length() < most ? shown.toString() : shown + "...";
    }
}
