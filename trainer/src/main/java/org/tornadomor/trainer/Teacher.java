package org.tornadomor.trainer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.Checkpoints;
import org.tornadomor.model.Distillation;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checksums;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

/** A model that a run learns from, loaded and checked. */
final class Teacher implements AutoCloseable {
    private static final int BUFFER = 1 << 20;

    private final Distill settings;
    private final ParameterSet weights;
    private final String fingerprint;

    private Teacher(Distill settings, ParameterSet weights, String fingerprint) {
        this.settings = settings;
        this.weights = weights;
        this.fingerprint = fingerprint;
    }

    /**
     * Loads a teacher.
     *
     * @param tokenizer of the student
     * @param vocabulary of the student
     * @param context of the run
     * @return null if there is none
     * @throws UserError if the teacher has another tokenizer or vocabulary, too few positions, or is damaged
     */
    static Teacher load(
            Engine engine, Distill settings, UnknownKeys unknown, Tokenizer tokenizer, int vocabulary, int context) {
        if (!settings.active()) {
            return null;
        }
        Path folder = RunFolder.latest(Path.of(settings.teacher()));
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder, unknown)) {
            Checksums.verify(folder);
            requireFits(checkpoint, tokenizer, vocabulary, context);
            ParameterSet weights = new ParameterSet(engine, "teacher", checkpoint.config());
            try {
                Checkpoints.load(engine, checkpoint, weights);
                return new Teacher(settings, weights, fingerprint(checkpoint));
            } catch (RuntimeException e) {
                weights.close();
                throw e;
            }
        }
    }

    private static void requireFits(CheckpointFolder teacher, Tokenizer tokenizer, int vocabulary, int context) {
        String name = "the teacher " + teacher.folder();
        int own = teacher.config().vocabSize();
        try (Tokenizer theirs = Tokenizers.forCheckpoint(teacher.folder(), own).orElse(null)) {
            if (theirs != null && !theirs.fingerprint().equals(tokenizer.fingerprint())) {
                throw new UserError(
                        name + " has another tokenizer than the model (" + theirs.name() + ", not " + tokenizer.name()
                                + "), so that their tokens mean different things; use a teacher with the same");
            }
        }
        if (own != vocabulary) {
            throw new UserError(name + " knows " + own + " tokens where the model knows " + vocabulary
                    + "; use a teacher with the same vocabulary, or set model.vocab_size");
        }
        if (teacher.config().longestSequence() < context) {
            throw new UserError(name + " has " + teacher.config().longestSequence() + " positions where context is "
                    + context + "; choose a shorter context");
        }
    }

    /** A hash of the weights: a run goes on with the very teacher that it began with. */
    private static String fingerprint(CheckpointFolder checkpoint) {
        try {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            for (Path file : checkpoint.tensors().files().stream().sorted().toList()) {
                try (InputStream in = new DigestInputStream(Files.newInputStream(file), hash)) {
                    byte[] buffer = new byte[BUFFER];
                    while (in.read(buffer) >= 0) {
                        // Reading is what updates the hash.
                    }
                } catch (IOException e) {
                    throw UserError.file("read", file, e);
                }
            }
            hash.update(checkpoint.config().toJson().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** What tells this teacher from others. */
    String fingerprint() {
        return fingerprint;
    }

    /** What a training pass is given. */
    Distillation distillation() {
        return new Distillation(weights, settings.kind(), (float) settings.weight(), (float) settings.temperature());
    }

    @Override
    public void close() {
        weights.close();
    }
}
