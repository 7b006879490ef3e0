package org.tornadomor.cluster;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.tornadomor.trainer.Collective;
import org.tornadomor.trainer.Sending;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.Worker;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
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
    private int brought;

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
        spread();
        // Work of many steps is larger than a task may be.
        List<Broadcast<Work>> sentWork = work.stream().map(spark::broadcast).toList();
        Reduced reduced = attempt(work, sentWork);
        while (reduced == null) {
            // Whoever was at home has done its work, and only says again what came of it.
            reduced = attempt(work, sentWork);
        }
        sentWork.forEach(Broadcast::destroy);
        done = work.getFirst().number();
        return reduced;
    }

    /** Null if workers were not where their tasks ran; they are brought along the next time. */
    private Reduced attempt(List<Work> work, List<Broadcast<Work>> sentWork) {
        List<Tuple2<Integer, Piece>> answers = SparkFaults.inOneLine(() -> ranks(all())
                .flatMapToPair(new WorkTask(plan, values, sentWork, states, places))
                .groupByKey(work.size())
                .map(new SumTask(sending, size))
                .collect());
        float[] sum = new float[size];
        float[][] reports = new float[work.size()][];
        long sent = 0;
        List<Integer> elsewhere = new ArrayList<>();
        for (Tuple2<Integer, Piece> answer : answers) {
            Piece piece = answer._2();
            if (answer._1() < 0) {
                reports[piece.rank()] = piece.report();
                if (piece.report() == null) {
                    elsewhere.add(piece.rank());
                } else {
                    places[piece.rank()] = piece.place();
                }
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
        if (!elsewhere.isEmpty()) {
            bring(elsewhere);
            return null;
        }
        long toWorkers = (long) work.size() * Float.BYTES * size
                + work.stream().mapToLong(Work::bytes).sum();
        return new Reduced(sum, Arrays.asList(reports), sent + toWorkers);
    }

    /** Fetches what workers keep, so that each can go on wherever its next task runs. */
    private void bring(List<Integer> ranks) {
        ask(ranks).forEach((rank, state) -> {
            states.get(rank).destroy();
            states.set(rank, spark.broadcast(state));
            places[rank] = null;
        });
        brought += ranks.size();
    }

    /** How often a worker's state was brought to another executor. */
    int brought() {
        return brought;
    }

    private List<Integer> all() {
        return IntStream.range(0, places.length).boxed().toList();
    }

    /** A partition for each rank, each with the place that it would like. */
    private JavaRDD<Integer> ranks(List<Integer> ranks) {
        List<Tuple2<Integer, Seq<String>>> placed = new ArrayList<>();
        for (int rank : ranks) {
            List<String> wanted = Stream.ofNullable(places[rank]).toList();
            placed.add(new Tuple2<>(rank, CollectionConverters.asScala(wanted).toSeq()));
        }
        ClassTag<Integer> type = ClassTag$.MODULE$.apply(Integer.class);
        return JavaRDD.fromRDD(
                spark.sc().makeRDD(CollectionConverters.asScala(placed).toSeq(), type), type);
    }

    /** Forgets places that are no more, for which Spark would wait. */
    private void forgetLost(List<String> executors) {
        for (int rank = 0; rank < places.length; rank++) {
            if (places[rank] != null
                    && !executors.contains(places[rank].substring(places[rank].lastIndexOf('_') + 1))) {
                places[rank] = null;
            }
        }
    }

    /**
     * Lets workers that came to live together, when an executor was lost or late, part again now that there is another one. They
     * take what they keep with them.
     */
    private void spread() {
        List<String> executors = CollectionConverters.asJava(spark.sc().getExecutorIds());
        forgetLost(executors);
        int most = Math.ceilDiv(places.length, Math.max(1, executors.size()));
        Map<String, Integer> taken = new HashMap<>();
        List<Integer> moving = new ArrayList<>();
        for (int rank = 0; rank < places.length; rank++) {
            if (places[rank] != null && taken.merge(places[rank], 1, Integer::sum) > most) {
                moving.add(rank);
            }
        }
        if (!moving.isEmpty()) {
            bring(moving);
        }
    }

    @Override
    public List<State> states() {
        List<State> kept = List.copyOf(ask(all()).values());
        keep(kept);
        return kept;
    }

    /** What workers keep, by rank. */
    private SortedMap<Integer, State> ask(List<Integer> ranks) {
        SortedMap<Integer, State> answers = new TreeMap<>();
        List<Integer> left = new ArrayList<>(ranks);
        for (int attempt = 0; !left.isEmpty(); attempt++) {
            forgetLost(CollectionConverters.asJava(spark.sc().getExecutorIds()));
            if (attempt > ranks.size()) {
                // Each attempt reaches one worker of each executor at least: these do not answer any more.
                left.forEach(rank -> places[rank] = null);
            }
            List<Integer> asked = List.copyOf(left);
            Supplier<List<Tuple2<Integer, State>>> job = () ->
                    ranks(asked).map(new StateTask(plan, states, places, done)).collect();
            for (Tuple2<Integer, State> answer : SparkFaults.inOneLine(job)) {
                if (answer._2() != null) {
                    answers.put(answer._1(), answer._2());
                    left.remove(answer._1());
                }
            }
        }
        return answers;
    }

    @Override
    public void close() {
        if (ownsSpark) {
            spark.close();
        }
    }
}
