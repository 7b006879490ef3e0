package org.tornadomor.trainer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.data.BatchSampler;
import org.tornadomor.data.Corpus;
import org.tornadomor.data.HoldOut;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.Synthetic;
import org.tornadomor.data.TextSource;
import org.tornadomor.data.TextSources;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

/**
 * What a configuration means: the model, the tokenizer and the text, all found and checked against each other.
 *
 * @param config resolved: with the whole model, the tokenizer's name and absolute paths
 * @param texts how texts begin and end, for the checkpoints
 * @param text where the corpus comes from, in words
 */
record RunSetup(
        TrainingConfig config,
        ModelConfig model,
        Tokenizer tokenizer,
        TextBoundaries texts,
        String text,
        Corpus corpus,
        BatchSampler sampler,
        RunLength length,
        Schedule schedule,
        CapacityWarmUp capacities)
        implements AutoCloseable {
    private static final String BYTES = "bytes";

    /**
     * Finds everything; cheap checks come before the text is read.
     *
     * @param check sees the resolved configuration before that, and may refuse it
     * @param corpora text that was read before
     * @throws UserError if something is missing or does not fit
     */
    static RunSetup of(
            TrainingConfig asked, Consumer<TrainingConfig> check, TrainingListener listener, Corpora corpora) {
        Tokenizer tokenizer = tokenizer(asked);
        try {
            ModelConfig model = ModelChoice.resolve(asked, tokenizer);
            CapacityWarmUp capacities = requireFits(asked, model);
            TrainingConfig config = resolved(asked, model, tokenizer);
            Text text = null;
            if (config.epochs() != null) {
                // How many steps the epochs take depends on the text.
                text = text(config.data(), tokenizer, listener, corpora);
                long samples = sampler(config, text.corpus()).samplesPerEpoch();
                config = config.with("steps", Long.toString(RunLength.steps(config, samples)));
            }
            RunLength length = RunLength.of(config);
            Schedule schedule = length.schedule(config);
            check.accept(config);
            if (text == null) {
                text = text(config.data(), tokenizer, listener, corpora);
            }
            Corpus corpus = text.corpus();
            BatchSampler sampler = sampler(config, corpus);
            if (corpus.validation().tokens().size() == 0 && !config.data().holdsNothingOut()) {
                listener.message("nothing is held out: " + config.data().split().describe() + " would be, of "
                        + Counts.of(corpus.training().documents(), "document")
                        + (PreparedCorpus.isAt(config.data().sources())
                                ? "; give other text to validate on, data.validation (--validation-data)"
                                : "; a share of the text, such as data.hold_out 5%, holds out its end"));
            }
            TextBoundaries texts = TextBoundaries.of(generation(asked, tokenizer), tokenizer);
            return new RunSetup(
                    config, model, tokenizer, texts, text.description(), corpus, sampler, length, schedule, capacities);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private static BatchSampler sampler(TrainingConfig config, Corpus corpus) {
        return new BatchSampler(corpus.training(), config.context(), config.order(), config.seed());
    }

    /** Refuses samples that are too long for the model, and a warm-up of capacities that it does not have. */
    static CapacityWarmUp requireFits(TrainingConfig config, ModelConfig model) {
        if (config.context() > model.maxPositions()) {
            throw new UserError("context " + config.context() + " is longer than the model's " + model.maxPositions()
                    + " positions: choose a shorter one, or set model.max_position_embeddings");
        }
        config.optimizer().requireFits(model);
        config.exit().requireFits(model);
        config.cluster().requireFits(config);
        return new CapacityWarmUp(model, config.context(), config.capacityWarmup());
    }

    /** A corpus, and where it comes from. */
    private record Text(String description, Corpus corpus) {}

    private static Text text(
            TrainingConfig.Data data, Tokenizer tokenizer, TrainingListener listener, Corpora corpora) {
        if (PreparedCorpus.isAt(data.sources())) {
            data.requirePrepared();
            PreparedCorpus prepared = PreparedCorpus.open(Path.of(data.sources().getFirst()));
            prepared.requireTokenizer(tokenizer);
            return new Text(prepared.describe(), validated(prepared.corpus(), data, tokenizer, listener));
        }
        TextSource source = TextSources.parse(data.sources(), data.options());
        source.notices().forEach(listener::message);
        listener.message("reading " + source.describe());
        Corpus corpus = corpora.load(data, source, tokenizer);
        return new Text(source.describe(), validated(corpus, data, tokenizer, listener));
    }

    /** A corpus with the text to validate on that was named, if one was. */
    private static Corpus validated(
            Corpus corpus, TrainingConfig.Data data, Tokenizer tokenizer, TrainingListener listener) {
        if (data.validation().isEmpty()) {
            return corpus;
        }
        if (data.validation().stream().anyMatch(source -> PreparedCorpus.isAt(List.of(source)))) {
            throw new UserError("data.validation names a prepared corpus; name the text that it was made of");
        }
        TextSource source = TextSources.parse(data.validation(), data.validationOptions());
        source.notices().forEach(listener::message);
        listener.message("reading " + source.describe() + " to validate on");
        return corpus.validatedOn(Corpus.load(source, tokenizer, data.special(), HoldOut.tail(0)));
    }

    private static Tokenizer tokenizer(TrainingConfig config) {
        if (config.tokenizer() == null
                && config.init() == null
                && PreparedCorpus.isAt(config.data().sources())) {
            PreparedCorpus prepared =
                    PreparedCorpus.open(Path.of(config.data().sources().getFirst()));
            Tokenizer tokenizer = prepared.tokenizer();
            if (config.bos() != null && config.bos() != tokenizer.beginTokens().length > 0) {
                tokenizer.close();
                throw new UserError("bos is " + config.bos() + ", but the documents of the corpus " + prepared.folder()
                        + (config.bos() ? " do not begin" : " begin") + " with a beginning token: leave --"
                        + (config.bos() ? "" : "no-") + "bos away, or give it to 'data prepare'");
            }
            return tokenizer;
        }
        if (config.tokenizer() != null || config.init() == null) {
            String name = config.tokenizer() == null ? BYTES : CheckpointSource.tokenizer(config.tokenizer());
            return Tokenizers.load(name, config.bos());
        }
        Path folder = CheckpointSource.folder(RunFolder.latest(Path.of(config.init())), config.unknownKeys());
        ModelConfig model = ModelConfig.read(folder.resolve(CheckpointFolder.CONFIG_FILE), config.unknownKeys());
        return Tokenizers.forCheckpoint(folder, model.vocabSize(), config.bos())
                .orElseThrow(() -> new UserError(folder + " comes without a tokenizer: name one with --tokenizer"));
    }

    /**
     * What the model that the run begins with says of generation. The ids in it mean something only with that model's own
     * tokenizer.
     */
    private static GenerationConfig generation(TrainingConfig config, Tokenizer tokenizer) {
        if (config.init() == null) {
            return GenerationConfig.NONE;
        }
        Path folder = CheckpointSource.folder(RunFolder.latest(Path.of(config.init())), config.unknownKeys());
        Path own = folder.resolve(CheckpointFolder.TOKENIZER_FILE);
        boolean same = Files.exists(own)
                ? !tokenizer.name().equals(BYTES) && sameContent(own, Path.of(tokenizer.name()))
                : tokenizer.name().equals(BYTES);
        return same ? GenerationConfig.read(folder) : GenerationConfig.NONE;
    }

    private static boolean sameContent(Path one, Path other) {
        try {
            return Files.mismatch(one, other) < 0;
        } catch (IOException e) {
            throw UserError.file("read", other, e);
        }
    }

    private static TrainingConfig resolved(TrainingConfig c, ModelConfig model, Tokenizer tokenizer) {
        TrainingConfig.Data d = c.data();
        boolean lengthGiven = c.tokens() != null || c.minutes() != null || c.epochs() != null || c.steps() != null;
        return new TrainingConfig(
                ModelChoice.preset(c),
                c.init() == null ? null : absolute(c.init()),
                c.ignoreKeys(),
                ModelChoice.toMap(model),
                new TrainingConfig.Data(
                        absolute(d.sources()),
                        d.filter(),
                        d.textField(),
                        d.maxBytes(),
                        d.holdOut(),
                        d.jdkFallback() == null ? null : absolute(d.jdkFallback()),
                        d.parseSpecial(),
                        absolute(d.validation())),
                tokenizer.name().equals(BYTES) ? tokenizer.name() : absolute(origin(tokenizer.name())),
                c.bos(),
                c.context(),
                c.batch(),
                c.accumulate(),
                c.order(),
                c.documentAttention(),
                c.seed(),
                lengthGiven ? c.steps() : Long.valueOf(TrainingConfig.DEFAULT_STEPS),
                c.tokens(),
                c.minutes(),
                c.epochs(),
                c.lr(),
                c.schedule(),
                c.warmup(),
                c.lrDecay(),
                c.minLrRatio(),
                c.optimizer(),
                c.distill().active()
                        ? c.distill().withTeacher(absolute(c.distill().teacher()))
                        : c.distill(),
                c.exit(),
                c.cluster(),
                c.capacityWarmup(),
                c.evalEvery(),
                c.evalSamples(),
                c.samples(),
                c.saveEvery(),
                c.keep(),
                c.keepBest(),
                c.recompute(),
                c.dtype(),
                c.precision(),
                c.threads());
    }

    /** The lasting path of a tokenizer: one from a file of another format is read from a temporary folder. */
    private static String origin(String tokenizer) {
        return CheckpointSource.origin(Path.of(tokenizer)).toString();
    }

    private static List<String> absolute(List<String> sources) {
        return sources.stream()
                .map(s -> TextSources.isJdk(s) || Synthetic.is(s) ? s : absolute(s))
                .toList();
    }

    /** The run may be resumed from another folder. */
    private static String absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize().toString();
    }

    /** The token behind which attention begins anew, or -1. */
    int documentEnd() {
        return config.documentAttention() ? tokenizer.endOfText() : -1;
    }

    /** Closes the tokenizer. */
    @Override
    public void close() {
        tokenizer.close();
    }
}
