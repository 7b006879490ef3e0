package org.tornadomor.cli.options;

import java.io.PrintWriter;
import java.nio.file.Path;
import org.tornadomor.engine.Engine;
import org.tornadomor.language.LanguageModel;
import org.tornadomor.model.UnknownKeys;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** The model that a command generates with: which, where it computes, and how its texts begin. */
public final class ModelOptions {
    @Mixin
    private EngineOptions engine;

    @Mixin
    private WeightsOption weights;

    @Mixin
    private BosOption bos;

    @Mixin
    private IgnoreKeyOption ignored;

    @Mixin
    private ModelArgument argument;

    /** As {@link ModelArgument#path}. */
    public Path path(CommandSpec spec) {
        return argument.path(spec);
    }

    public EngineOptions engine() {
        return engine;
    }

    public WeightsOption weights() {
        return weights;
    }

    /** As {@link BosOption#wanted()}. */
    public Boolean bos() {
        return bos.wanted();
    }

    /** The unknown keys that are passed over, with a line for each that is. */
    public UnknownKeys unknown(PrintWriter err) {
        return ignored.unknown(err);
    }

    /** The same keys, passed over without a message: for what is read besides the model. */
    public UnknownKeys unknown() {
        return UnknownKeys.passingOver(ignored.keys());
    }

    /**
     * Loads the model.
     *
     * @param opened of {@link #engine()}
     * @throws org.tornadomor.UserError if it cannot be loaded
     */
    public LanguageModel load(CommandSpec spec, Engine opened, KvOption kv) {
        LanguageModel loaded = LanguageModel.load(
                path(spec), opened, weights.type(), unknown(spec.commandLine().getErr()));
        loaded.keepKeysAs(kv.type());
        return loaded;
    }
}
