package org.tornadomor.server;

import java.time.Duration;
import java.util.Set;

/**
 * How the server behaves.
 *
 * @param host the address to listen on
 * @param port 0 for a free one
 * @param apiKey what clients have to show; null to ask for nothing
 * @param origins of pages elsewhere that may use it, such as {@code https://chat.example.org}; {@code *} for all
 * @param timeout how long a request may take
 * @param maxConnections at a time; more of them wait to be accepted
 * @param idle how long a connection may be silent, and how long headers or a body may take to arrive
 * @param logPrompts whether the access log shows the texts of prompts
 */
public record ServerSettings(
        String host,
        int port,
        String apiKey,
        Set<String> origins,
        Duration timeout,
        int maxConnections,
        Duration idle,
        boolean logPrompts) {
    /** The most connections at a time. */
    public static final int MAX_CONNECTIONS = 1024;

    /** How long a connection may be silent. */
    public static final Duration IDLE = Duration.ofSeconds(30);

    /** On loopback, at a free port, for anybody on this machine. */
    public static final ServerSettings LOCAL =
            new ServerSettings("127.0.0.1", 0, null, Set.of(), Duration.ofMinutes(10), MAX_CONNECTIONS, IDLE, false);

    /** The same with a key. */
    public ServerSettings withKey(String key) {
        return new ServerSettings(host, port, key, origins, timeout, maxConnections, idle, logPrompts);
    }

    /** The same for pages of these origins too. */
    public ServerSettings withOrigins(Set<String> allowed) {
        return new ServerSettings(host, port, apiKey, allowed, timeout, maxConnections, idle, logPrompts);
    }

    /** The same with less or more patience. */
    public ServerSettings withTimes(Duration request, Duration silence) {
        return new ServerSettings(host, port, apiKey, origins, request, maxConnections, silence, logPrompts);
    }
}
