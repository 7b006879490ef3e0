package org.tornadomor.cluster;

import java.io.IOException;
import java.io.Serial;
import java.security.PrivilegedAction;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;
import org.tornadomor.UserError;
import org.tornadomor.data.PieceReader;
import org.tornadomor.data.PrepareSettings;
import scala.Tuple2;

/** Reads pieces of text from wherever Spark's settings say. */
final class ReadTask implements PairFlatMapFunction<Iterator<TextPiece>, TextKey, PieceReader.Read> {
    @Serial
    private static final long serialVersionUID = 1;

    private final PrepareSettings settings;
    private final Broadcast<SerializableConfiguration> files;

    ReadTask(PrepareSettings settings, Broadcast<SerializableConfiguration> files) {
        this.settings = settings;
        this.files = files;
    }

    @Override
    public Iterator<Tuple2<TextKey, PieceReader.Read>> call(Iterator<TextPiece> pieces) throws IOException {
        Configuration places = files.value().value();
        // Threads do not inherit for whom Spark works.
        UserGroupInformation user = UserGroupInformation.getCurrentUser();
        Pulled<Tuple2<TextKey, PieceReader.Read>> pulled =
                new Pulled<>(sink -> user.doAs((PrivilegedAction<Void>) () -> {
                    pieces.forEachRemaining(piece -> read(piece, places, sink));
                    return null;
                }));
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> pulled.close());
        return pulled.begin();
    }

    private void read(TextPiece piece, Configuration places, Pulled.Sink<Tuple2<TextKey, PieceReader.Read>> sink) {
        PieceReader reader = new PieceReader(
                settings,
                (hash, read) -> sink.accept(
                        new Tuple2<>(new TextKey(hash, piece.source()), read),
                        read.utf8() == null ? 0 : read.utf8().length));
        Path path = new Path(piece.file());
        try (FSDataInputStream in = path.getFileSystem(places).open(path)) {
            if (piece.whole()) {
                reader.file(in, piece.name());
            } else {
                in.seek(Math.max(0, piece.from() - 1));
                reader.lines(in, piece.name(), piece.from(), piece.to());
            }
        } catch (IOException e) {
            throw new UserError(
                    "cannot read " + piece.name() + " (" + e.getMessage()
                            + "): check that it is there for all machines",
                    e);
        }
    }
}
