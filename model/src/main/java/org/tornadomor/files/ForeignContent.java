package org.tornadomor.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.tornadomor.UserError;

/** What lies in the place of weights where a download went wrong, or one file was taken for another. */
public final class ForeignContent {
    private static final int LOOKED_AT = 256;

    private ForeignContent() {}

    /**
     * What a file is by its first bytes, with the fix; empty if they say nothing.
     *
     * @throws UserError if it cannot be read
     */
    public static Optional<String> of(Path file) {
        String head;
        try (InputStream in = InputFile.open(file)) {
            head = new String(in.readNBytes(LOOKED_AT), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
        String start = head.stripLeading().toLowerCase(Locale.ROOT);
        if (head.startsWith("version https://git-lfs")) {
            return Optional.of(
                    "it is the pointer that Git LFS leaves in the place of a file; run git lfs pull, or download"
                            + " the file itself");
        }
        if (start.startsWith("<!doctype") || start.startsWith("<html")) {
            return Optional.of("it is a web page; download the file itself");
        }
        return head.startsWith("PK\3\4")
                ? Optional.of("it is a zip file, as torch.save writes; give the folder that has it as "
                        + TensorSource.PICKLED_FILE + ", with its config.json")
                : Optional.empty();
    }
}
