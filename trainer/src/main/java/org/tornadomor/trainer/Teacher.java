package org.tornadomor.trainer;

import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.Checksums;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.Distillation;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.TrainingPass;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

/** The teacher of a run, checked: a loaded model, or the stored answers of one. */
final class Teacher implements AutoCloseable {
    private final Distill settings;
    /** Null if the teacher is stored. */
    private final ParameterSet weights;
    /** Null if the teacher is a model. */
    private final StoredTeacher stored;

    private final String fingerprint;
    /** What a stored teacher says of a micro-batch: [B T, k] and [B T, k + 1]. */
    private final int[] ids;

    private final float[] logProbs;

    private Teacher(Distill settings, ParameterSet weights, String fingerprint) {
        this.settings = settings;
        this.weights = weights;
        this.fingerprint = fingerprint;
        stored = null;
        ids = null;
        logProbs = null;
    }

    private Teacher(Distill settings, StoredTeacher stored, int batch) {
        this.settings = settings;
        this.stored = stored;
        weights = null;
        TeacherManifest manifest = stored.manifest();
        fingerprint = manifest.fingerprint();
        ids = new int[batch * manifest.context() * manifest.topK()];
        logProbs = new float[batch * manifest.context() * (manifest.topK() + 1)];
    }

    /**
     * Loads the teacher of a run.
     *
     * @return null if there is none
     * @throws UserError if the teacher has another tokenizer or vocabulary, too few positions, or is damaged; if it is stored, also
     *     if it was written for other text, contexts or settings
     */
    static Teacher load(Engine engine, RunSetup setup, UnknownKeys unknown) {
        Distill settings = setup.config().distill();
        if (!settings.active()) {
            return null;
        }
        int vocabulary = setup.model().vocabSize();
        int context = setup.config().context();
        Path named = Path.of(settings.teacher());
        if (StoredTeacher.isAt(named)) {
            StoredTeacher stored = StoredTeacher.open(named);
            stored.requireFits(
                    settings,
                    setup.tokenizer(),
                    vocabulary,
                    setup.corpus().fingerprint(),
                    context,
                    setup.documentEnd());
            return new Teacher(settings, stored, setup.config().batch());
        }
        Path path = RunFolder.latest(named);
        try (CheckpointFolder checkpoint = CheckpointSource.open(path, unknown)) {
            Checksums.verify(checkpoint.folder());
            requireFits(checkpoint, setup.tokenizer(), vocabulary, context);
            ParameterSet weights = new ParameterSet(engine, "teacher", checkpoint.config());
            try {
                Checkpoints.load(engine, checkpoint, weights);
                // A run goes on with the very teacher that it began with.
                return new Teacher(settings, weights, ModelFingerprint.of(checkpoint));
            } catch (RuntimeException e) {
                weights.close();
                throw e;
            }
        }
    }

    /** Refuses a model that cannot teach one with a tokenizer, a vocabulary and contexts. */
    static void requireFits(CheckpointFolder teacher, Tokenizer tokenizer, int vocabulary, int context) {
        String name = "the teacher " + teacher.path();
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

    /** What tells this teacher from others. */
    String fingerprint() {
        return fingerprint;
    }

    /** What a training pass is given. */
    Distillation distillation() {
        float weight = (float) settings.weight();
        float temperature = (float) settings.temperature();
        return stored == null
                ? new Distillation(weights, settings.kind(), weight, temperature)
                : Distillation.stored(stored.manifest().topK(), weight, temperature);
    }

    /** Notes what a stored teacher says of a sample. @param sample its number in the corpus @param row of the micro-batch */
    void read(long sample, int row) {
        if (stored != null) {
            stored.read(sample, row, ids, logProbs);
        }
    }

    /** Adds a micro-batch to a pass, with what a stored teacher says of it. @param teacher null for none */
    static void add(Teacher teacher, TrainingPass pass, int[] inputs, int[] targets) {
        if (teacher == null || teacher.stored == null) {
            pass.add(inputs, targets);
        } else {
            pass.add(inputs, targets, teacher.ids, teacher.logProbs);
        }
    }

    @Override
    public void close() {
        if (weights != null) {
            weights.close();
        }
    }
}
