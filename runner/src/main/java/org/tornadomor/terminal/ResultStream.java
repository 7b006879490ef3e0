package org.tornadomor.terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import org.tornadomor.UserError;

/**
 * Standard output as the command line needs it. Print streams and writers swallow an {@link IOException} and go on, for
 * hours if need be; this stream lets a reader's end, or a full disk, end the command.
 */
public final class ResultStream extends OutputStream {
    private final OutputStream out;

    /** A stream that reports what goes wrong on {@code out}. */
    public ResultStream(OutputStream out) {
        this.out = out;
    }

    /** Nobody reads standard output any more. */
    public static final class Closed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Closed(IOException cause) {
            super(cause);
        }
    }

    @Override
    public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    @Override
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static RuntimeException failure(IOException e) {
        String message = String.valueOf(e.getMessage());
        String lower = message.toLowerCase(Locale.ROOT);
        // Linux and macOS; Windows: "the pipe is being closed" and "the pipe has been ended".
        if (lower.contains("broken pipe")
                || lower.contains("pipe is being closed")
                || lower.contains("pipe has been")) {
            return new Closed(e);
        }
        String fix = lower.contains("no space left") ? "; free some space or choose another disk" : "";
        return new UserError("Cannot write to standard output: " + message + fix, e);
    }
}
