package org.tornadomor.cluster;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkJobInfo;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.JavaSparkStatusTracker;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import org.tornadomor.data.PieceReader;
import org.tornadomor.data.PrepareSettings;
import org.tornadomor.data.TextCluster;
import org.tornadomor.data.WeightedSource;

/**
 * Text that Spark reads, hashes and tokenises. Tasks read pieces of the sources; a shuffle brings equal texts together and
 * sorts by hash; tasks leave out what came before and tokenise. What comes of it stays on the disks of the executors until
 * this process has fetched it, range by range.
 */
final class SparkText implements TextCluster {
    /** Text of a task, as it is stored. */
    private static final long TASK_BYTES = 32 << 20;

    private static final long POLL_MILLIS = 500;

    private final JavaSparkContext spark;
    private TextFiles files;

    SparkText(JavaSparkContext spark) {
        this.spark = spark;
    }

    @Override
    public List<Found> find(PrepareSettings settings) {
        long piece = spark.getConf().getSizeAsBytes("spark.files.maxPartitionBytes", "128m");
        files = new TextFiles(spark.hadoopConfiguration(), settings, piece);
        settings.sources().stream().map(WeightedSource::spec).forEach(files::add);
        return files.found();
    }

    @Override
    public void forEach(Plan plan, Taker taker) {
        Broadcast<SerializableConfiguration> places =
                spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
        Broadcast<Plan> sent = spark.broadcast(plan);
        SparkFaults.inOneLine(() -> {
            List<JavaPairRDD<TextKey, PieceReader.Read>> all =
                    new ArrayList<>(new Tables(spark, plan.settings(), places).read(files.tables()));
            all.add(spark.parallelize(files.pieces(), tasks(files.pieces().size()))
                    .mapPartitionsToPair(new ReadTask(plan.settings(), places)));
            JavaPairRDD<TextKey, PieceReader.Read> read =
                    all.stream().reduce(JavaPairRDD::union).orElseThrow();
            JavaRDD<Outcome> outcomes = read.repartitionAndSortWithinPartitions(
                            new HashRanges(tasks(Integer.MAX_VALUE)))
                    .mapPartitions(new EncodeTask(sent))
                    .persist(StorageLevel.DISK_ONLY());
            await(outcomes.countAsync(), taker);
            for (Iterator<Outcome> each = outcomes.toLocalIterator(); each.hasNext(); ) {
                taker.accept(each.next());
            }
            outcomes.unpersist();
            return null;
        });
        places.destroy();
        sent.destroy();
    }

    /** As many tasks as the text asks for, at least one for each core, and no more than there are pieces. */
    private int tasks(int most) {
        long wanted = Math.max(spark.defaultParallelism(), files.bytes() / TASK_BYTES);
        return Math.clamp(wanted, 1, Math.max(1, most));
    }

    private void await(JavaFutureAction<Long> job, Taker taker) {
        while (true) {
            try {
                job.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
                taker.progress(1);
                return;
            } catch (TimeoutException e) {
                taker.progress(done(job));
            } catch (ExecutionException e) {
                throw SparkFaults.told(e.getCause() instanceof Exception cause ? cause : e);
            } catch (InterruptedException e) {
                job.cancel(true);
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            }
        }
    }

    /** The share of its tasks that a job has ended. */
    private double done(JavaFutureAction<Long> job) {
        JavaSparkStatusTracker status = spark.statusTracker();
        long ended = 0;
        long all = 0;
        for (int id : job.jobIds()) {
            SparkJobInfo info = status.getJobInfo(id);
            for (int stage : info == null ? new int[0] : info.stageIds()) {
                SparkStageInfo its = status.getStageInfo(stage);
                ended += its == null ? 0 : its.numCompletedTasks();
                all += its == null ? 0 : its.numTasks();
            }
        }
        return all == 0 ? 0 : (double) ended / all;
    }

    @Override
    public void close() {
        spark.close();
    }
}
