package org.tornadomor.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;

/**
 * A Parquet file of which one column is the text, a row for each document: a string, bytes in UTF-8, or a list of these, each of
 * which is a line. A column within another is named by its path, with dots. DuckDB reads it.
 */
final class ParquetText {
    /** Rows between two reports of how far it is. */
    private static final int REPORT_ROWS = 256;

    /** What a text may be, in DuckDB's names. */
    private static final Set<String> TEXTS = Set.of("VARCHAR", "BLOB", "VARCHAR[]", "BLOB[]");

    private final Path file;
    private final String path;
    private final DocumentReader reader;
    private final LongConsumer stored;

    ParquetText(Path file, String path, DocumentReader reader, LongConsumer stored) {
        this.file = file;
        this.path = path;
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
            String column = column(statement).expression();
            return readRows(statement, column, size, rows(statement));
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

    /**
     * A column, or a field of one.
     *
     * @param path its name, behind the names of the columns that it is within
     * @param expression how DuckDB addresses it
     */
    private record Column(String path, String expression, String type) {}

    /** Every column; those within another come behind it. */
    private List<Column> columns(Statement statement, String selection, Column within) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (ResultSet found = statement.executeQuery("DESCRIBE SELECT " + selection + " FROM " + table())) {
            while (found.next()) {
                String name = found.getString(1);
                columns.add(
                        within == null
                                ? new Column(name, '"' + name.replace("\"", "\"\"") + '"', found.getString(2))
                                : new Column(
                                        within.path + "." + name,
                                        "struct_extract(" + within.expression + ", '" + name.replace("'", "''") + "')",
                                        found.getString(2)));
            }
        }
        List<Column> all = new ArrayList<>();
        for (Column column : columns) {
            all.add(column);
            if (column.type.startsWith("STRUCT(") && !column.type.endsWith("]")) {
                all.addAll(columns(statement, "unnest(" + column.expression + ")", column));
            }
        }
        return all;
    }

    private Column column(Statement statement) throws SQLException {
        return TextColumns.choose(
                columns(statement, "*", null),
                Column::path,
                column -> TEXTS.contains(column.type),
                path,
                file.toString());
    }

    private long rows(Statement statement) throws SQLException {
        try (ResultSet count = statement.executeQuery("SELECT count(*) FROM " + table())) {
            count.next();
            return count.getLong(1);
        }
    }

    private boolean readRows(Statement statement, String column, long size, long rows) throws SQLException {
        long told = 0;
        try (ResultSet texts = statement.executeQuery("SELECT " + column + " FROM " + table())) {
            for (long row = 0; texts.next(); row++) {
                Object value = texts.getObject(1);
                if (value != null && !give(value, file + " row " + row)) {
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

    /** Hands the text of a row on and says whether more are wanted. */
    private boolean give(Object value, String where) throws SQLException {
        if (!(value instanceof Array list)) {
            return reader.give(where, utf8(value));
        }
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        Object[] items = (Object[]) list.getArray();
        for (int i = 0; i < items.length; i++) {
            if (items[i] == null) {
                refuseNull(reader, where);
                return true;
            }
            if (i > 0) {
                lines.write('\n');
            }
            lines.writeBytes(utf8(items[i]));
        }
        return reader.give(where, lines.toByteArray());
    }

    /** Reports a row whose list has a hole. */
    static void refuseNull(DocumentReader reader, String where) {
        reader.refuse(where + " has a null in its list of texts: fill it in or remove it", null);
    }

    private static byte[] utf8(Object value) throws SQLException {
        return value instanceof Blob blob
                ? blob.getBytes(1, Math.toIntExact(blob.length()))
                : value.toString().getBytes(StandardCharsets.UTF_8);
    }
}
