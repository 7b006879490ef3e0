package org.tornadomor.cluster;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.tornadomor.trainer.Collective;
import org.tornadomor.trainer.Sending;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.Worker;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/**
 * Workers in the executors of Spark. An exchange is a job of two stages: as many tasks as workers, each in the executor where its
 * worker lives, and as many that add up. Spark does again what is lost with an executor; the worker's state is sent again to the
 * executor that takes its place.
 */
final class SparkCollective implements Collective {
    private final JavaSparkContext spark;
    private final boolean ownsSpark;

    private Broadcast<Plan> plan;
    private List<Broadcast<State>> states = new ArrayList<>();
    private Broadcast<float[]> values;
    private int size;
    private Sending sending;
    /** Where the worker of each rank was last; null before it was anywhere. */
    private String[] places;

    private long done = -1;

    /** @param ownsSpark whether closing this ends Spark */
    SparkCollective(JavaSparkContext spark, boolean ownsSpark) {
        this.spark = spark;
        this.ownsSpark = ownsSpark;
    }

    @Override
    public void begin(Plan newPlan, List<State> newStates) {
        plan = spark.broadcast(newPlan);
        sending = TrainingConfig.parse(newPlan.config(), "the run's configuration")
                .cluster()
                .send();
        places = new String[newStates.size()];
        keep(newStates);
        done = -1;
    }

    /** For replacements. Spark puts them on its disk where memory is short, and sends them to whoever asks. */
    private void keep(List<State> kept) {
        states.forEach(Broadcast::destroy);
        states = new ArrayList<>();
        kept.forEach(state -> states.add(spark.broadcast(state)));
    }

    @Override
    public void broadcast(float[] floats) {
        if (values != null) {
            values.destroy();
        }
        size = floats.length;
        values = spark.broadcast(floats.clone());
    }

    @Override
    public Reduced allReduce(List<Work> work) {
        List<Share> shares = new ArrayList<>();
        for (int rank = 0; rank < work.size(); rank++) {
            shares.add(new Share(rank, work.get(rank)));
        }
        List<Tuple2<Integer, Piece>> answers = SparkFaults.inOneLine(() -> rdd(shares)
                .flatMapToPair(new WorkTask(plan, values, states))
                .groupByKey(work.size())
                .map(new SumTask(sending, size))
                .collect());
        done = work.getFirst().number();
        float[] sum = new float[size];
        float[][] reports = new float[work.size()][];
        long sent = 0;
        for (Tuple2<Integer, Piece> answer : answers) {
            Piece piece = answer._2();
            if (answer._1() < 0) {
                reports[piece.rank()] = piece.report();
                places[piece.rank()] = piece.place();
                continue;
            }
            int count = piece.bytes().length / Float.BYTES;
            ByteBuffer.wrap(piece.bytes())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(sum, answer._1() * Worker.CHUNK, count);
            // Each worker sent its own, and the sum came here.
            sent += (long) work.size() * sending.bytes(count) + piece.bytes().length;
        }
        long toWorkers = (long) work.size() * Float.BYTES * size
                + work.stream().mapToLong(Work::bytes).sum();
        return new Reduced(sum, Arrays.asList(reports), sent + toWorkers);
    }

    /** A partition for each share, each with the place that it would like. */
    private JavaRDD<Share> rdd(List<Share> shares) {
        spread();
        List<Tuple2<Share, scala.collection.immutable.Seq<String>>> placed = new ArrayList<>();
        for (Share share : shares) {
            List<String> wanted = Stream.ofNullable(places[share.rank()]).toList();
            placed.add(new Tuple2<>(share, CollectionConverters.asScala(wanted).toSeq()));
        }
        return JavaRDD.fromRDD(
                spark.sc().makeRDD(CollectionConverters.asScala(placed).toSeq(), ClassTag$.MODULE$.apply(Share.class)),
                ClassTag$.MODULE$.apply(Share.class));
    }

    /** Workers that moved together when an executor was lost part again when there is another one. */
    private void spread() {
        int executors = Math.max(1, spark.sc().getExecutorMemoryStatus().size() - 1);
        int most = Math.ceilDiv(places.length, executors);
        Map<String, Integer> taken = new HashMap<>();
        for (int rank = 0; rank < places.length; rank++) {
            if (places[rank] != null && taken.merge(places[rank], 1, Integer::sum) > most) {
                places[rank] = null;
            }
        }
    }

    @Override
    public List<State> states() {
        List<Share> shares = new ArrayList<>();
        for (int rank = 0; rank < places.length; rank++) {
            shares.add(new Share(rank, null));
        }
        Supplier<List<Tuple2<Integer, State>>> job =
                () -> rdd(shares).map(new StateTask(plan, states, done)).collect();
        State[] byRank = new State[places.length];
        SparkFaults.inOneLine(job).forEach(answer -> byRank[answer._1()] = answer._2());
        keep(List.of(byRank));
        return List.of(byRank);
    }

    @Override
    public void close() {
        if (ownsSpark) {
            spark.close();
        }
    }
}
