package org.tornadomor.server;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;

/** One line for each request that was answered: when, who, what, status, size, time, tokens. Neither prompts nor keys. */
final class AccessLog implements RequestLog {
    private static final int LONGEST_PATH = 200;

    private final PrintWriter out;
    private final Metrics metrics;

    AccessLog(PrintWriter out, Metrics metrics) {
        this.out = out;
        this.metrics = metrics;
    }

    @Override
    public void log(Request request, Response response) {
        Object route = request.getAttribute(Exchange.ROUTE);
        Object note = request.getAttribute(Exchange.NOTE);
        Object gone = request.getAttribute(Exchange.STATUS);
        int status = gone == null ? response.getStatus() : (Integer) gone;
        metrics.answered(route == null ? "other" : route.toString(), status);
        double seconds = (System.nanoTime() - request.getBeginNanoTime()) / 1e9;
        line(String.format(
                Locale.ROOT,
                "%s %s %s %s %d %d B %.3f s%s",
                Instant.now().truncatedTo(ChronoUnit.MILLIS),
                Exchange.shown(Request.getRemoteAddr(request), LONGEST_PATH),
                Exchange.shown(request.getMethod(), LONGEST_PATH),
                Exchange.shown(String.valueOf(request.getHttpURI().getPath()), LONGEST_PATH),
                status,
                Response.getContentBytesWritten(response),
                seconds,
                note == null ? "" : " " + note));
    }

    /** A line of another kind. */
    void line(String text) {
        out.println(text);
        out.flush();
    }
}
