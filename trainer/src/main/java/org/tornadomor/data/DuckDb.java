package org.tornadomor.data;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** How files are opened with DuckDB, which reads Parquet and CSV; nothing else loads it. */
public final class DuckDb {
    private DuckDb() {}

    /**
     * Opens a database without a file.
     *
     * @param streams whether rows come as they are read, without a second copy of the file's pages
     */
    public static Connection open(boolean streams) throws SQLException {
        Properties settings = new Properties();
        if (streams) {
            settings.put("jdbc_stream_results", "true");
        }
        // With one thread rows come in their order.
        settings.put("threads", "1");
        settings.put("autoinstall_known_extensions", "false");
        return DriverManager.getConnection("jdbc:duckdb:", settings);
    }

    /**
     * A file's name within a statement. DuckDB takes names for patterns: with special characters as classes of one character,
     * the pattern matches this file alone.
     */
    public static String pattern(Path file) {
        return file.toAbsolutePath().toString().replaceAll("[*?\\[]", "[$0]").replace("'", "''");
    }

    /**
     * A Parquet file as a table. Partitioning is off, since folders named like key=value would become columns, even with the
     * name of a column of the file.
     */
    public static String parquet(Path file) {
        return "read_parquet('" + pattern(file) + "', hive_partitioning = false)";
    }

    /** What DuckDB says of a fault, in one line. */
    public static String reason(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
