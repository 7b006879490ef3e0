package org.tornadomor.cluster;

import java.io.Serial;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.api.java.function.Function;
import org.tornadomor.trainer.Sending;
import org.tornadomor.trainer.Worker;
import scala.Tuple2;

/** Adds the pieces of a place up, in the order of the ranks, whatever order they arrive in. Reports pass through. */
final class SumTask implements Function<Tuple2<Integer, Iterable<Piece>>, Tuple2<Integer, Piece>> {
    @Serial
    private static final long serialVersionUID = 1;

    private final Sending sending;
    private final int size;

    /** @param size floats of all places */
    SumTask(Sending sending, int size) {
        this.sending = sending;
        this.size = size;
    }

    @Override
    public Tuple2<Integer, Piece> call(Tuple2<Integer, Iterable<Piece>> place) {
        List<Piece> pieces = new ArrayList<>();
        place._2().forEach(pieces::add);
        if (place._1() < 0) {
            return new Tuple2<>(place._1(), pieces.getFirst());
        }
        pieces.sort(Comparator.comparingInt(Piece::rank));
        int count = Math.min(Worker.CHUNK, size - place._1() * Worker.CHUNK);
        float[] sum = new float[count];
        for (Piece piece : pieces) {
            sending.addTo(sum, count, piece.bytes());
        }
        return new Tuple2<>(place._1(), new Piece(-1, Sending.FLOAT32.encode(sum, 0, count), null, null));
    }
}
