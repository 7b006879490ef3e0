package org.tornadomor.cluster;

import java.io.IOException;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.tornadomor.data.ContentHash;
import org.tornadomor.data.DocumentEncoder;
import org.tornadomor.data.PieceReader;
import org.tornadomor.data.Tally;
import org.tornadomor.data.TextCluster;
import org.tornadomor.model.io.TokenizerFiles;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import scala.Tuple2;

/** Leaves out what came before, of documents in the order of their hashes, and tokenises the others. The sums come last. */
final class EncodeTask implements FlatMapFunction<Iterator<Tuple2<TextKey, PieceReader.Read>>, TextCluster.Outcome> {
    @Serial
    private static final long serialVersionUID = 1;

    private final Broadcast<TextCluster.Plan> plan;

    EncodeTask(Broadcast<TextCluster.Plan> plan) {
        this.plan = plan;
    }

    @Override
    public Iterator<TextCluster.Outcome> call(Iterator<Tuple2<TextKey, PieceReader.Read>> read) {
        TextCluster.Plan its = plan.value();
        return new Encoding(its, new DocumentEncoder(its.settings(), OwnTokenizer.of(its)), read);
    }

    /** The tokenizer of this process, which stays from one task to the next. */
    private static final class OwnTokenizer {
        private static String fingerprint = "";
        private static Tokenizer tokenizer;

        private OwnTokenizer() {}

        /** One of another corpus is left to whatever still uses it. */
        static synchronized Tokenizer of(TextCluster.Plan plan) {
            if (!fingerprint.equals(plan.fingerprint())) {
                tokenizer = load(plan.tokenizer());
                fingerprint = plan.fingerprint();
            }
            return tokenizer;
        }

        private static Tokenizer load(Map<String, byte[]> files) {
            if (files.isEmpty()) {
                return Tokenizers.load("bytes");
            }
            try {
                Path folder = Files.createTempDirectory("tornado-mor-tokenizer");
                try {
                    new TokenizerFiles(files).write(folder);
                    return Tokenizers.load(folder.toString());
                } finally {
                    delete(folder);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void delete(Path folder) throws IOException {
            try (Stream<Path> tree = Files.walk(folder)) {
                for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** One document at a time. */
    private static final class Encoding implements Iterator<TextCluster.Outcome> {
        private final TextCluster.Plan plan;
        private final DocumentEncoder encoder;
        private final Iterator<Tuple2<TextKey, PieceReader.Read>> read;
        private final SortedMap<Integer, Tally> tallies = new TreeMap<>();
        private ContentHash before;
        private TextCluster.Outcome next;

        Encoding(TextCluster.Plan plan, DocumentEncoder encoder, Iterator<Tuple2<TextKey, PieceReader.Read>> read) {
            this.plan = plan;
            this.encoder = encoder;
            this.read = read;
        }

        @Override
        public boolean hasNext() {
            while (next == null && read.hasNext()) {
                Tuple2<TextKey, PieceReader.Read> one = read.next();
                next = outcome(one._1(), one._2());
            }
            if (next == null && !tallies.isEmpty()) {
                int source = tallies.firstKey();
                next = new TextCluster.Left(source, tallies.remove(source));
            }
            return next != null;
        }

        /** Null if the document does not stay. */
        private TextCluster.Outcome outcome(TextKey key, PieceReader.Read document) {
            if (document.fault() != null) {
                return count(key, new Tally(0, 0, 1, 0, document.fault()));
            }
            if (document.filtered()) {
                return count(key, new Tally(0, 1, 0, 0, null));
            }
            if (plan.settings().deduplicate() && key.hash().equals(before)) {
                return count(key, new Tally(1, 0, 0, 0, null));
            }
            before = key.hash();
            count(key, new Tally(0, 0, 0, encoder.spelled(document.utf8()), null));
            DocumentEncoder.Encoded encoded = encoder.encode(document.utf8());
            return new TextCluster.Prepared(
                    key.source(), key.hash(), encoded.bytes(), document.utf8().length, encoded.special());
        }

        private TextCluster.Outcome count(TextKey key, Tally tally) {
            tallies.merge(key.source(), tally, Tally::plus);
            return null;
        }

        @Override
        public TextCluster.Outcome next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            TextCluster.Outcome taken = next;
            next = null;
            return taken;
        }
    }
}
