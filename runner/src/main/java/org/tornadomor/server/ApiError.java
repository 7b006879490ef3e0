package org.tornadomor.server;

import org.tornadomor.UserError;
import tools.jackson.databind.node.ObjectNode;

/** A request that is answered with an error of OpenAI's shape. */
final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final String INVALID = "invalid_request_error";
    static final String UNAVAILABLE = "unavailable_error";
    private static final String SERVER = "server_error";

    private final int status;
    private final String type;
    private final String code;
    private final String param;
    private final int retryAfter;

    private ApiError(int status, String type, String code, String param, String message, int retryAfter) {
        super(UserError.oneLine(message), null, false, false);
        this.status = status;
        this.type = type;
        this.code = code;
        this.param = param;
        this.retryAfter = retryAfter;
    }

    /**
     * An error.
     *
     * @param status of HTTP
     * @param type such as invalid_request_error
     * @param code a word for programs
     * @param message cause and fix, for people
     */
    static ApiError of(int status, String type, String code, String message) {
        return new ApiError(status, type, code, null, message, 0);
    }

    /** The request says something that makes no sense. */
    static ApiError invalid(String param, String message) {
        return new ApiError(400, INVALID, "invalid_value", param, message, 0);
    }

    /** As {@link #invalid}, with a code of its own. */
    static ApiError invalid(String param, String code, String message) {
        return new ApiError(400, INVALID, code, param, message, 0);
    }

    /** The server cannot answer now. */
    static ApiError unavailable(String code, String message, int retryAfter) {
        return new ApiError(503, UNAVAILABLE, code, null, message, retryAfter);
    }

    /** Too many requests wait. */
    static ApiError busy(String message, int retryAfter) {
        return new ApiError(429, "rate_limit_error", "queue_full", null, message, Math.max(1, retryAfter));
    }

    /** A defect of the program; the log says which. */
    static ApiError internal() {
        return new ApiError(500, SERVER, "internal_error", null, "the server failed; its log says how", 0);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    /** Seconds after which to try again; 0 to say nothing of that. */
    int retryAfter() {
        return retryAfter;
    }

    /** {@code {"error": {message, type, code, param}}}. */
    ObjectNode json() {
        ObjectNode root = Json.object();
        root.putObject("error")
                .put("message", getMessage())
                .put("type", type)
                .put("code", code)
                .put("param", param);
        return root;
    }
}
