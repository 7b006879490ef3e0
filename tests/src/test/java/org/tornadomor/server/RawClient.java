package org.tornadomor.server;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A client that sends whatever bytes it likes. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;

    private final Socket socket;
    private final StringBuilder read = new StringBuilder();

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

    /**
     * What comes up to and including a part; what comes after it is kept for later. If the part does not come, all that comes.
     */
    String readUntil(String part) throws IOException {
        byte[] buffer = new byte[4096];
        try {
            while (read.indexOf(part) < 0) {
                int count = socket.getInputStream().read(buffer);
                if (count < 0) {
                    break;
                }
                read.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing comes behind: " + read, e);
        } catch (IOException e) {
            // Reset: the server closed while something was under way.
            read.append("(reset)");
        }
        int found = read.indexOf(part);
        String text = read.substring(0, found < 0 ? read.length() : found + part.length());
        read.delete(0, text.length());
        return text;
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
