package org.tornadomor.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.tornadomor.UserError;
import org.tornadomor.model.io.InputFile;

/** A Parquet file of which one column is the text, a row for each document. DuckDB reads it. */
final class ParquetText {
    /** Rows between two reports of how far it is. */
    private static final int REPORT_ROWS = 256;

    private final Path file;
    private final String column;
    private final DocumentReader reader;
    private final LongConsumer stored;

    ParquetText(Path file, String column, DocumentReader reader, LongConsumer stored) {
        this.file = file;
        this.column = column;
        this.reader = reader;
        this.stored = stored;
    }

    /**
     * Reads all rows and says whether more documents are wanted.
     *
     * @throws UserError if it is no Parquet file, or has no such column of text
     */
    boolean read() throws IOException {
        long size = Files.size(InputFile.require(file));
        try (Connection connection = DuckDb.open(true);
                Statement statement = connection.createStatement()) {
            requireSameFile(statement);
            requireText(statement);
            return readRows(statement, size, rows(statement));
        } catch (SQLException e) {
            throw new UserError(
                    "cannot read Parquet file " + file + " (" + DuckDb.reason(e)
                            + "): it may be cut off or no Parquet file",
                    e);
        }
    }

    private String table() {
        return DuckDb.parquet(file);
    }

    private void requireSameFile(Statement statement) throws SQLException, IOException {
        try (ResultSet found = statement.executeQuery("SELECT file FROM glob('" + DuckDb.pattern(file) + "')")) {
            if (!found.next() || !Files.isSameFile(file, Path.of(found.getString(1))) || found.next()) {
                throw new UserError("DuckDB, which reads Parquet, cannot open a file named " + file + ": rename it");
            }
        }
    }

    private String quotedColumn() {
        return '"' + column.replace("\"", "\"\"") + '"';
    }

    private void requireText(Statement statement) throws SQLException {
        List<String> texts = new ArrayList<>();
        List<String> all = new ArrayList<>();
        try (ResultSet columns = statement.executeQuery("DESCRIBE SELECT * FROM " + table())) {
            while (columns.next()) {
                all.add(columns.getString(1));
                if (columns.getString(2).equals("VARCHAR")) {
                    texts.add(columns.getString(1));
                }
            }
        }
        if (!texts.contains(column)) {
            throw new UserError(
                    (all.contains(column) ? "column '" + column + "' of " : "no column '" + column + "' in ")
                            + file + (all.contains(column) ? " is no text" : "") + "; its columns of text: "
                            + (texts.isEmpty() ? "none" : String.join(", ", texts)) + ": name one with --text-field");
        }
    }

    private long rows(Statement statement) throws SQLException {
        try (ResultSet count = statement.executeQuery("SELECT count(*) FROM " + table())) {
            count.next();
            return count.getLong(1);
        }
    }

    private boolean readRows(Statement statement, long size, long rows) throws SQLException {
        long told = 0;
        try (ResultSet texts = statement.executeQuery("SELECT " + quotedColumn() + " FROM " + table())) {
            for (long row = 0; texts.next(); row++) {
                String text = texts.getString(1);
                if (text != null && !reader.give(file + " row " + row, text.getBytes(StandardCharsets.UTF_8))) {
                    return false;
                }
                if (row % REPORT_ROWS == 0) {
                    long now = (long) ((double) size * row / rows);
                    stored.accept(now - told);
                    told = now;
                }
            }
        }
        stored.accept(size - told);
        return true;
    }
}
