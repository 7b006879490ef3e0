package org.tornadomor;

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
