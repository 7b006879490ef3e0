package org.tornadomor.tasks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;

/** Where the text of a task lies: a file of the user, or a resource of the program. */
sealed interface YamlPlace {
    /** What messages call it. */
    String name();

    /** The text. @throws UserError if it cannot be read */
    String text();

    /** The place that a name in this text refers to. */
    YamlPlace resolve(String other);

    /** The folder in which functions of Python would lie; null for what comes with the program. */
    Path folder();

    /** A file. */
    record UserFile(Path file) implements YamlPlace {
        @Override
        public String name() {
            return file.toString();
        }

        @Override
        public String text() {
            try {
                return InputFile.text(file);
            } catch (IOException e) {
                throw UserError.file("read", file, e);
            }
        }

        @Override
        public YamlPlace resolve(String other) {
            return new UserFile(file.resolveSibling(InputFile.path(other)));
        }

        @Override
        public Path folder() {
            return file.toAbsolutePath().getParent();
        }
    }

    /** A resource beside this class. */
    record Resource(String name) implements YamlPlace {
        @Override
        public String text() {
            try (InputStream in = YamlPlace.class.getResourceAsStream(name)) {
                if (in == null) {
                    throw new UserError("no " + name + " comes with the program; check the include of the task");
                }
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new IllegalStateException(name, e);
            }
        }

        @Override
        public YamlPlace resolve(String other) {
            return new Resource(other);
        }

        @Override
        public Path folder() {
            return null;
        }
    }
}
