package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.InvalidPathException;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;
import org.tornadomor.terminal.ResultStream;

class FailuresTest {
    private static Outcome report(Throwable failure, String... args) {
        StringWriter err = new StringWriter();
        int code = new Failures(args).report(failure, new PrintWriter(err));
        return new Outcome(code, "", err.toString());
    }

    @Test
    void aDefectIsOneLineThatAsksForDetails() {
        report(new IllegalStateException("first\nsecond")).failsWith(70, "internal error", "first", "--debug");
    }

    @Test
    void debugShowsTheStackTrace() {
        Outcome outcome = report(new IllegalStateException("first"), "info", "--debug");
        assertEquals(70, outcome.code());
        assertTrue(outcome.err().contains("\tat " + FailuresTest.class.getName()), outcome.err());
        Outcome throughACommand = Outcome.of("info", "no-such-folder", "--debug");
        assertEquals(1, throughACommand.code());
        assertTrue(throughACommand.err().contains("\tat org.tornadomor"), throughACommand.err());
    }

    @Test
    void memoryThatIsNotThereIsSaidSo() {
        report(new RuntimeException(new OutOfMemoryError("Java heap space"))).failsWith(1, "memory", "JAVA_OPTS");
    }

    @Test
    void aTextThatIsNoPathIsNoDefect() {
        report(new IllegalStateException(new InvalidPathException("a\0b", "Nul character not allowed")))
                .failsWith(1, "is no path", "Nul character not allowed");
    }

    @Test
    void whatTheUserCanMendIsSaidAsItIsWhoeverWrappedIt() {
        report(new RuntimeException("worker", new UserError("The disk is full; empty it")))
                .failsWith(1, "disk is full");
    }

    @Test
    void aClosedPipeEndsQuietly() {
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(broken("Broken pipe")), new PrintWriter(err), "params");
        assertEquals(141, code);
        assertEquals("", err.toString());
    }

    @Test
    void aFullDiskBehindStandardOutputIsReported() {
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(broken("No space left on device")), new PrintWriter(err), "params");
        new Outcome(code, "", err.toString()).failsWith(1, "standard output", "No space left");
    }

    @Test
    void singleBytesAreWrittenAndRefusedToo() {
        assertThrows(ResultStream.Closed.class, () -> broken("Broken pipe").write('x'));
    }

    private static ResultStream broken(String reason) {
        return new ResultStream(new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException(reason);
            }
        });
    }
}
