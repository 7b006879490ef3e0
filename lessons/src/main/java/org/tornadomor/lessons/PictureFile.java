package org.tornadomor.lessons;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.tornadomor.UserError;

/** Writes pictures. */
final class PictureFile {
    private PictureFile() {}

    /** Writes an SVG, or a page if the name ends in .html. */
    static void write(Path file, Picture picture, String title) {
        boolean page = file.toString().toLowerCase(Locale.ROOT).endsWith(".html");
        try {
            Files.writeString(file, page ? picture.html(title) : picture.svg());
        } catch (IOException e) {
            throw UserError.file("write", file, e);
        }
    }
}
