package org.tornadomor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CountsTest {
    /** A number that a message puts before a plural by hand, although there may be only one. */
    private static final Pattern OWN =
            Pattern.compile("%,?d (steps|tokens|documents|texts|shards|parameters|runs|lines|files"
                    + "|new tokens|prompt tokens|threads)\\b|== 1 \\? \" ?(\\w+)[\",][^;]*?\" ?\\2s\\b");

    private static final List<String> SOURCES = List.of(
            "runner/src/main/java/org/tornadomor/cli",
            "runner/src/main/java/org/tornadomor/tasks",
            "trainer/src/main/java",
            "tornado-kernels/src/main/java/org/tornadomor/engine/cpu");

    @Test
    void oneIsNotSeveral() {
        assertEquals("1 step", Counts.of(1, "step"));
        assertEquals("0 steps", Counts.of(0, "step"));
        assertEquals("1,000 steps", Counts.of(1000, "step"));
        assertEquals("2 queries", Counts.of(2, "query", "queries"));
        assertEquals("1 query", Counts.of(1, "query", "queries"));
    }

    /** A message that counts by itself says "1 steps" one day. */
    @Test
    void messagesLeaveCountingToIt() throws IOException {
        List<String> found = new ArrayList<>();
        for (String folder : SOURCES) {
            try (Stream<Path> files = Files.walk(Path.of("..").resolve(folder))) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    Matcher own = OWN.matcher(Files.readString(file));
                    while (own.find()) {
                        found.add(file.getFileName() + ": " + own.group());
                    }
                }
            }
        }
        assertTrue(found.isEmpty(), found::toString);
    }
}
