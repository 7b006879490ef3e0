package org.tornadomor.cli;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import picocli.CommandLine.Command;

/** A command of a module above this one, found by {@link ServiceLoader}. */
public interface CommandProvider {
    /** A new object with picocli's annotation {@link Command}. */
    Object command();

    /**
     * The engine that the command computes on if the command line names none, such as {@code simulator}; {@code auto} chooses
     * one.
     */
    String standardEngine();

    /** The name of the command. */
    default String name() {
        return command().getClass().getAnnotation(Command.class).name();
    }

    /** All commands of modules above this one. */
    static List<CommandProvider> all() {
        return ServiceLoader.load(CommandProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }

    /** The command of this name, if there is one. */
    static Optional<CommandProvider> of(String name) {
        return all().stream().filter(provider -> provider.name().equals(name)).findFirst();
    }
}
