package org.tornadomor.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.tornadomor.UserError;

/** Has a {@link TokenizerProbe} try files, once for each content. */
final class TokenizerTrial {
    /** Enough for a very busy machine. What hangs is found long before, by its use of the processor. */
    private static final long MOST_SECONDS = 300;

    private static final int CRASH_MESSAGE = 200;

    private TokenizerTrial() {}

    /**
     * Tries a file unless one of the same content was tried before.
     *
     * @param hash SHA-256 of its content
     * @throws UserError if the native library refuses it, crashes or hangs on it
     */
    static void require(Path file, String hash) {
        if (TriedTokenizers.holds(hash)) {
            return;
        }
        Outcome outcome = run(List.of(file));
        outcome.fault(file).ifPresent(fault -> {
            throw new UserError(fault);
        });
        if (outcome.answers().contains(TokenizerProbe.GOOD)) {
            TriedTokenizers.add(hash);
        }
    }

    /**
     * What a probe said.
     *
     * @param answers its lines
     * @param crash the last words of the native library, empty if there are none
     * @param exitCode of the process, or -1 if it was ended
     */
    record Outcome(List<String> answers, String crash, int exitCode) {
        /** Whether there was a process that could try at all; where there is none, the library is used untried. */
        private boolean started() {
            return answers.contains(TokenizerProbe.READY);
        }

        /** How many files were tried to their end. */
        long finished() {
            return answers.stream()
                    .filter(line -> line.equals(TokenizerProbe.GOOD) || line.startsWith(TokenizerProbe.REFUSED))
                    .count();
        }

        /** What is wrong with the last file. */
        java.util.Optional<String> fault(Path file) {
            String last = answers.isEmpty() ? "" : answers.getLast();
            if (!started() || last.equals(TokenizerProbe.GOOD) || last.equals(TokenizerProbe.ABSENT)) {
                return java.util.Optional.empty();
            }
            if (last.startsWith(TokenizerProbe.REFUSED)) {
                return java.util.Optional.of(last.substring(TokenizerProbe.REFUSED.length()));
            }
            String step = answers.stream()
                    .filter(line -> line.startsWith(TokenizerProbe.DOING))
                    .reduce("", (a, b) -> b.substring(TokenizerProbe.DOING.length()));
            String how = last.equals(TokenizerProbe.SLOW) || exitCode == -1 || crash.contains("retry-limit")
                    ? "takes for ever where it " + step
                            + ": one of the file's regular expressions backtracks without end"
                    : "crashes where it " + step + (crash.isEmpty() ? "" : " (" + crash + ")");
            return java.util.Optional.of(
                    file + ": the Hugging Face library " + how + "; mend the file, or take another tokenizer");
        }
    }

    /** Has a process try some files, until the first that it does not survive. */
    static Outcome run(List<Path> files) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("tornado-mor-tokenizer");
            return run(files, folder);
        } catch (IOException e) {
            return new Outcome(List.of(), "", -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.util.concurrent.CancellationException("interrupted");
        } finally {
            delete(folder);
        }
    }

    private static Outcome run(List<Path> files, Path folder) throws IOException, InterruptedException {
        Path questions = folder.resolve("questions");
        Path answers = folder.resolve("answers");
        Path messages = folder.resolve("messages");
        Files.write(
                questions, files.stream().map(file -> file.toUri().toString()).toList(), StandardCharsets.UTF_8);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash"),
                "--enable-native-access=ALL-UNNAMED"));
        command.addAll(LibraryFolder.flags());
        command.addAll(List.of("-cp", absolute(System.getProperty("java.class.path")), TokenizerProbe.class.getName()));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(questions.toFile())
                .redirectOutput(answers.toFile())
                .redirectError(messages.toFile())
                .start();
        int exitCode = -1;
        try {
            if (process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
                exitCode = process.exitValue();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return new Outcome(lines(answers), crash(lines(messages)), exitCode);
    }

    /** The process works in a folder of its own, where it may leave a core. */
    private static String absolute(String classPath) {
        return Stream.of(classPath.split(java.io.File.pathSeparator))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(java.util.stream.Collectors.joining(java.io.File.pathSeparator));
    }

    private static List<String> lines(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    /** The message of a panic: the line behind the one that gives the place. */
    private static String crash(List<String> messages) {
        for (int i = 0; i + 1 < messages.size(); i++) {
            if (messages.get(i).contains("panicked at")) {
                return TokenTable.excerpt(messages.get(i + 1).strip(), CRASH_MESSAGE);
            }
        }
        return "";
    }

    private static void delete(Path folder) {
        if (folder != null) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.deleteIfExists(file);
                }
                Files.deleteIfExists(folder);
            } catch (IOException | UncheckedIOException e) {
                // A file in the temporary folder that stays there does no harm.
            }
        }
    }
}
