package org.tornadomor.lessons;

import org.tornadomor.cli.CommandProvider;

/** Puts {@code lesson} among the commands. */
public final class LessonProvider implements CommandProvider {
    @Override
    public Object command() {
        return new LessonCommand();
    }

    @Override
    public String standardEngine() {
        return Target.SIMULATOR.toString();
    }
}
