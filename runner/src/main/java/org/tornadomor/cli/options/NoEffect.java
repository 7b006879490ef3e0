package org.tornadomor.cli.options;

import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.tornadomor.UserError;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * Refuses options that can change nothing in this run: whoever gives one expects an effect and would misread the result.
 */
public final class NoEffect {
    private final ParseResult parsed;

    private NoEffect(ParseResult parsed) {
        this.parsed = parsed;
    }

    /** The options of a command that is being run. */
    public static NoEffect of(CommandSpec spec) {
        return new NoEffect(spec.commandLine().getParseResult());
    }

    /** Whether the command line itself has an option; a default does not count. */
    boolean isGiven(String option) {
        return parsed.hasMatchedOption(option);
    }

    /**
     * Refuses those of some options that were given, if they change nothing.
     *
     * @param idle whether they change nothing; asked only if one was given
     * @param reason why
     * @throws UserError naming them and the reason
     */
    public NoEffect when(BooleanSupplier idle, String reason, String... options) {
        List<String> given = Arrays.stream(options).filter(this::isGiven).toList();
        if (!given.isEmpty() && idle.getAsBoolean()) {
            boolean one = given.size() == 1;
            throw new UserError(String.join(" and ", given) + (one ? " changes" : " change") + " nothing here, since "
                    + reason + ": leave " + (one ? "it" : "them") + " out");
        }
        return this;
    }
}
