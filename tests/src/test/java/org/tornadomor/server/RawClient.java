package org.tornadomor.server;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A client that sends whatever bytes it likes. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;

    RawClient(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
    }

    static String postHead(String path, int length) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                + length + "\r\n\r\n";
    }

    static String post(String path, String body) {
        return postHead(path, body.getBytes(StandardCharsets.UTF_8).length) + body;
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    RawClient send(byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        out.flush();
        return this;
    }

    /** Sends no more, but goes on reading. */
    RawClient closeOutput() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Reads as long as the text lacks a part, to the end of the connection at most. */
    String readUntil(String part) throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[4096];
        try {
            while (text.indexOf(part) < 0) {
                int count = socket.getInputStream().read(buffer);
                if (count < 0) {
                    break;
                }
                text.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing comes behind: " + text, e);
        } catch (IOException e) {
            // Reset: the server closed while something was under way.
            text.append("(reset)");
        }
        return text.toString();
    }

    /** All that comes until the server closes the connection. */
    String readAll() throws IOException {
        return readUntil("\0 never \0");
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
