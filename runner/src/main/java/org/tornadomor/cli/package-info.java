/**
 * The command line {@code tornado-mor}: {@link org.tornadomor.cli.Main} starts it, {@link org.tornadomor.cli.RootCommand}
 * lists the commands, one class each, and {@link org.tornadomor.cli.Failures} turns whatever goes wrong into one line and
 * an exit code. Options that several commands share are mixins: {@link org.tornadomor.cli.options.EngineChoice}, {@link
 * org.tornadomor.cli.options.JsonOption}, {@link org.tornadomor.cli.options.SeedOption}.
 *
 * <p>Results go to standard output, everything else to standard error.
 */
package org.tornadomor.cli;
