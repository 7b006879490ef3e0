package org.tornadomor.cli;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import picocli.CommandLine.Command;

/** A command of a module above this one, found by {@link ServiceLoader}. */
public interface CommandProvider {
    /** A new object with picocli's annotation {@link Command}. */
    Object command();

    /** The engine that it computes on where the command line names none, such as {@code simulator}; {@code auto} chooses. */
    String standardEngine();

    /** The name of the command. */
    default String name() {
        return command().getClass().getAnnotation(Command.class).name();
    }

    /** Those that are there. */
    static List<CommandProvider> all() {
        return ServiceLoader.load(CommandProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }

    /** The one of a name. */
    static Optional<CommandProvider> of(String name) {
        return all().stream().filter(provider -> provider.name().equals(name)).findFirst();
    }
}
