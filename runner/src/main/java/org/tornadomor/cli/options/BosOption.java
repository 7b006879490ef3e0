package org.tornadomor.cli.options;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Whether texts begin with the beginning token. */
public final class BosOption {
    @ArgGroup
    private Choice choice;

    private static final class Choice {
        @Option(
                names = "--bos",
                description =
                        "Put the beginning token (BOS) before each text; it is not doubled where the text spells it and"
                                + " special tokens are parsed. Default: as tokenizer.json and tokenizer_config.json"
                                + " say.")
        private boolean with;

        @Option(names = "--no-bos", description = "Put no beginning token before a text.")
        private boolean without;
    }

    /** True, false, or null to leave it to the tokenizer's files. */
    public Boolean wanted() {
        return choice == null ? null : Boolean.valueOf(choice.with);
    }
}
