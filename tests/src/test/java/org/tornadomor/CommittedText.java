package org.tornadomor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the repository that are made from the program, and must be what it says now. */
public final class CommittedText {
    /** Where it is set, the files are written anew instead of compared. */
    public static final String PROPERTY = "tornadomor.write";

    private CommittedText() {}

    /** @param file from the root of the project */
    public static void requireSame(String file, String text, Class<?> test) throws IOException {
        Path path = Path.of("..", file);
        if (Boolean.getBoolean(PROPERTY)) {
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
            return;
        }
        String committed = Files.exists(path) ? Files.readString(path).replace("\r\n", "\n") : "";
        assertEquals(
                committed,
                text,
                () -> file
                        + " is not what the program says; if the change is meant, write it anew: mvn -q verify -Dtest="
                        + test.getSimpleName() + " -Dsurefire.failIfNoSpecifiedTests=false -D" + PROPERTY + "=true");
    }
}
