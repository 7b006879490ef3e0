package org.tornadomor.cli.options;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;

/**
 * A file that a result goes to once it is there: opened before the work begins, so that a folder that cannot be written shows at once,
 * and moved into place as a whole.
 */
public final class ResultFile implements AutoCloseable {
    /** Null if no file was asked for. */
    private final AsideFile aside;

    private ResultFile(AsideFile aside) {
        this.aside = aside;
    }

    /**
     * Opens it.
     *
     * @param option that names it, for messages
     * @param file null for none
     * @param model folder that is read, in which it must not lie
     * @throws UserError if it cannot be written, or would take the place of something that is no file
     */
    public static ResultFile open(String option, Path file, Path model) {
        if (file == null) {
            return new ResultFile(null);
        }
        OutputFile.requireOutsideModel(option, file, model);
        if (Files.isDirectory(file)) {
            throw new UserError(option + " " + file + " is a folder; give the name of a file");
        }
        return new ResultFile(AsideFile.create(file));
    }

    /** Writes all of it. */
    public void write(String text) {
        if (aside != null) {
            aside.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
            aside.commit();
        }
    }

    @Override
    public void close() {
        if (aside != null) {
            aside.close();
        }
    }
}
