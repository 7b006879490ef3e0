package org.tornadomor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class UserErrorTest {
    private static final Path FILE = Path.of("folder", "file");

    @Test
    void isOneLine() {
        assertEquals("a b c", new UserError("a \n  b\r\nc\n").getMessage());
    }

    @Test
    void aLongMessageIsCutInTheMiddle() {
        String message = new UserError("cause " + "\ud83d\ude00".repeat(5_000_000) + ": mend it").getMessage();
        assertTrue(message.length() <= 3500, () -> message.length() + "");
        assertTrue(message.startsWith("cause ") && message.endsWith(": mend it"), message);
        assertTrue(message.contains("letters) ..."), message);
        assertTrue(UTF_8.newEncoder().canEncode(message), "cut within a character");
        // As quick as it is short.
        assertTrue(
                new UserError("x" + " ".repeat(10_000_000) + "x").getMessage().length() <= 2000);
    }

    @Test
    void explainsFiles() {
        assertExplains("no space left", new IOException("No space left on device"));
        assertExplains("no space left", new FileSystemException("x", null, "Disk quota exceeded"));
        assertExplains("read-only", new FileSystemException("x", null, "Read-only file system"));
        assertExplains("permission denied", new AccessDeniedException("x"));
        assertExplains("does not exist", new NoSuchFileException("x"));
        assertExplains("UTF-8", new MalformedInputException(1));
        assertExplains("Input/output error", new IOException("Input/output error"));
    }

    private static void assertExplains(String expected, IOException cause) {
        String message = UserError.file("write", FILE, cause).getMessage();
        assertTrue(message.startsWith("Cannot write " + FILE + ": "), message);
        assertTrue(message.contains(expected), message);
    }
}
