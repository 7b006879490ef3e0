package org.tornadomor.cluster;

import java.io.IOException;
import java.io.Serial;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.api.java.function.PairFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.tornadomor.UserError;
import org.tornadomor.data.PieceReader;
import org.tornadomor.data.PrepareSettings;
import org.tornadomor.data.TextColumns;
import scala.Tuple2;

/** Parquet, of which Spark reads row groups wherever there is a core, each file by its own columns. */
final class Tables {
    private final JavaSparkContext spark;
    private final PrepareSettings settings;
    private final Broadcast<SerializableConfiguration> places;

    /** A column, or one within another. @param escaped its path as Spark addresses it */
    private record Named(String path, String escaped, DataType type) {
        boolean isText() {
            return isText(type) || type instanceof ArrayType list && isText(list.elementType());
        }

        private static boolean isText(DataType type) {
            return type instanceof StringType || type instanceof BinaryType;
        }
    }

    Tables(JavaSparkContext spark, PrepareSettings settings, Broadcast<SerializableConfiguration> places) {
        this.spark = spark;
        this.settings = settings;
        this.places = places;
    }

    /**
     * The rows of files.
     *
     * @throws UserError if one is no Parquet, or has no such column
     */
    List<JavaPairRDD<TextKey, PieceReader.Read>> read(List<TextPiece> files) {
        if (files.isEmpty()) {
            return List.of();
        }
        SparkSession session = SparkSession.builder().getOrCreate().newSession();
        session.conf().set("spark.sql.caseSensitive", "true");
        // Spark would read files of other columns as if theirs were empty.
        Map<String, List<TextPiece>> alike = new TreeMap<>();
        int tasks = Math.min(files.size(), 4 * spark.defaultParallelism());
        spark.parallelize(files, tasks)
                .mapToPair(new ColumnsTask(places))
                .collect()
                .forEach(file -> alike.computeIfAbsent(file._1(), key -> new ArrayList<>())
                        .add(file._2()));
        return alike.values().stream().map(same -> rows(session, same)).toList();
    }

    private JavaPairRDD<TextKey, PieceReader.Read> rows(SparkSession session, List<TextPiece> files) {
        TextPiece first = files.getFirst();
        String[] paths = files.stream().map(file -> escaped(file.file())).toArray(String[]::new);
        Dataset<Row> table = session.read().parquet(paths);
        List<Named> columns = new ArrayList<>();
        add(columns, table.schema(), "", "");
        Named text = TextColumns.choose(columns, Named::path, Named::isText, settings.textField(), first.name());
        boolean list = text.type() instanceof ArrayType;
        // As bytes, so that what is not UTF-8 is seen.
        Column bytes = functions.col(text.escaped()).cast(list ? "array<binary>" : "binary");
        return table.select(bytes, functions.col("_metadata.file_path"), functions.col("_metadata.row_index"))
                .javaRDD()
                .mapPartitionsToPair(new RowTask(settings, first.source(), list));
    }

    private static void add(List<Named> columns, StructType type, String path, String escaped) {
        for (StructField field : type.fields()) {
            String its = path + field.name();
            String quoted = escaped + "`" + field.name().replace("`", "``") + "`";
            columns.add(new Named(its, quoted, field.dataType()));
            if (field.dataType() instanceof StructType inner) {
                add(columns, inner, its + ".", quoted + ".");
            }
        }
    }

    /** An address that stands for itself, and not for all that match it. */
    private static String escaped(String address) {
        return address.replaceAll("[\\[\\]{}*?\\\\]", "\\\\$0");
    }

    /** Says which columns a file has, and of which source it is: only files alike may be read together. */
    private static final class ColumnsTask implements PairFunction<TextPiece, String, TextPiece> {
        @Serial
        private static final long serialVersionUID = 1;

        private final Broadcast<SerializableConfiguration> places;

        ColumnsTask(Broadcast<SerializableConfiguration> places) {
            this.places = places;
        }

        @Override
        public Tuple2<String, TextPiece> call(TextPiece file) {
            try (ParquetFileReader reader = ParquetFileReader.open(HadoopInputFile.fromPath(
                    new Path(file.file()), places.value().value()))) {
                return new Tuple2<>(
                        file.source() + " " + reader.getFileMetaData().getSchema(), file);
            } catch (IOException | RuntimeException e) {
                throw new UserError(
                        "cannot read Parquet file " + file.name() + " ("
                                + String.valueOf(e.getMessage())
                                        .lines()
                                        .findFirst()
                                        .orElse("")
                                + "): it may be cut off or no Parquet file",
                        e);
            }
        }
    }

    /** Makes documents of rows. */
    private static final class RowTask implements PairFlatMapFunction<Iterator<Row>, TextKey, PieceReader.Read> {
        @Serial
        private static final long serialVersionUID = 1;

        private final PrepareSettings settings;
        private final int source;
        private final boolean list;

        RowTask(PrepareSettings settings, int source, boolean list) {
            this.settings = settings;
            this.source = source;
            this.list = list;
        }

        @Override
        public Iterator<Tuple2<TextKey, PieceReader.Read>> call(Iterator<Row> rows) {
            Queue<Tuple2<TextKey, PieceReader.Read>> queue = new ArrayDeque<>();
            PieceReader reader =
                    new PieceReader(settings, (hash, read) -> queue.add(new Tuple2<>(new TextKey(hash, source), read)));
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    while (queue.isEmpty() && rows.hasNext()) {
                        give(reader, rows.next());
                    }
                    return !queue.isEmpty();
                }

                @Override
                public Tuple2<TextKey, PieceReader.Read> next() {
                    hasNext();
                    return queue.remove();
                }
            };
        }

        private void give(PieceReader reader, Row row) {
            if (row.isNullAt(0)) {
                return;
            }
            String name = row.getString(1) + " row " + row.getLong(2);
            List<byte[]> lines = list ? row.getList(0) : List.of((byte[]) row.get(0));
            reader.row(lines, name);
        }
    }
}
