package org.tornadomor.server;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What Jetty itself refuses, such as headers that are too large, answered in the shape of all other errors. */
final class FaultAnswers extends ErrorHandler {
    private static String code(int status) {
        return switch (status) {
            case HttpStatus.NOT_FOUND_404 -> "not_found";
            case HttpStatus.REQUEST_TIMEOUT_408 -> "request_timeout";
            case HttpStatus.PAYLOAD_TOO_LARGE_413 -> "body_too_large";
            case HttpStatus.URI_TOO_LONG_414 -> "uri_too_long";
            case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 -> "headers_too_large";
            default -> status >= 500 ? "internal_error" : "bad_request";
        };
    }

    private static byte[] body(int status) {
        boolean server = status >= 500;
        String message = server
                ? "the server failed"
                : status == HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431
                        ? "the headers are too large"
                        : "the request is not valid HTTP, or not allowed";
        String type = server ? "server_error" : ApiError.INVALID;
        return Json.bytes(ApiError.of(status, type, code(status), message).json());
    }

    @Override
    public boolean errorPageForMethod(String method) {
        return true;
    }

    @Override
    protected void generateResponse(
            Request request, Response response, int code, String message, Throwable cause, Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.write(true, ByteBuffer.wrap(body(code)), callback);
    }
}
