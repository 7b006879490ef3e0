package org.tornadomor.data;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

/**
 * A folder of tokens that {@link Preparation} made, to be read as it is by any number of runs:
 *
 * <pre>
 * manifest.json                        what it holds, with a checksum of each file
 * tokenizer.json                       the tokenizer, unless it is that of bytes
 * source00-training-00000.tokens       token ids of two or four bytes, little-endian
 * source00-training-00000.documents    where its documents end, in tokens, eight bytes each
 * </pre>
 */
public final class PreparedCorpus {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BUFFER = 1 << 20;
    private static final String FIRST_SHARD = "source00-training-00000.tokens";

    private final Path folder;
    private final Manifest manifest;

    /**
     * A document.
     *
     * @param source index of its source
     * @param validation whether it is held out
     * @param tokens with the end token
     * @param text its beginning
     */
    public record Sample(int source, boolean validation, long tokens, String text) {}

    private PreparedCorpus(Path folder, Manifest manifest) {
        this.folder = folder;
        this.manifest = manifest;
    }

    /** Whether a path is a folder with a prepared corpus, finished or not. */
    public static boolean isAt(Path path) {
        return Manifest.isAt(path.resolve(Manifest.FILE))
                || Manifest.isAt(path.resolve(Manifest.PROGRESS_FILE))
                // Or with a manifest that lost its start.
                || Files.exists(path.resolve(FIRST_SHARD))
                        && (Files.exists(path.resolve(Manifest.FILE))
                                || Files.exists(path.resolve(Manifest.PROGRESS_FILE)));
    }

    /** Whether a list of sources is the path of one prepared corpus and nothing else. */
    public static boolean isAt(List<String> sources) {
        return sources.size() == 1
                && !sources.getFirst().startsWith(TextSources.JDK + ":")
                && TextSources.exists(sources.getFirst())
                && isAt(Path.of(sources.getFirst()));
    }

    /**
     * Opens a corpus and checks that its files are there in full length; {@link #verify} reads them too.
     *
     * @throws UserError naming the file that is missing, truncated or damaged
     */
    public static PreparedCorpus open(Path folder) {
        Path file = folder.resolve(Manifest.FILE);
        if (!Files.exists(file)) {
            throw new UserError(
                    Files.exists(folder.resolve(Manifest.PROGRESS_FILE))
                            ? folder + " holds an unfinished corpus: run the same 'data prepare' again, which goes on"
                            : "no prepared corpus in " + folder + " (it has no " + Manifest.FILE
                                    + "): make one with 'data prepare'");
        }
        Manifest manifest = Manifest.read(file);
        for (Manifest.Shard shard : manifest.shards()) {
            requireLength(folder.resolve(shard.file()), shard.amount().tokens() * manifest.tokenBytes());
            requireLength(folder.resolve(shard.documentsFile()), shard.amount().documents() * Long.BYTES);
        }
        return new PreparedCorpus(folder, manifest);
    }

    private static void requireLength(Path file, long length) {
        try {
            long found = Files.size(InputFile.require(file));
            Path folder = file.toAbsolutePath().getParent().toRealPath();
            if (!folder.equals(file.toRealPath().getParent())) {
                throw new UserError(file + " is a link to " + file.toRealPath() + ", outside the corpus: put the file"
                        + " itself into the folder");
            }
            if (found != length) {
                throw damaged(file, "it has " + found + " bytes and should have " + length);
            }
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    private static UserError damaged(Path file, String how) {
        return new UserError(file + " is damaged (" + how + "): restore it, or prepare the corpus again");
    }

    /**
     * Reads everything and compares it with the checksums.
     *
     * @throws UserError naming the first file that differs
     */
    public void verify() {
        manifest.shards().forEach(shard -> verify(folder, manifest, shard));
    }

    static void verify(Path folder, Manifest manifest, Manifest.Shard shard) {
        requireLength(folder.resolve(shard.file()), shard.amount().tokens() * manifest.tokenBytes());
        requireHash(folder.resolve(shard.file()), shard.sha256());
        requireHash(folder.resolve(shard.documentsFile()), shard.documentsSha256());
    }

    private static void requireHash(Path file, String expected) {
        MessageDigest hash = ContentHash.sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = InputFile.open(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                hash.update(buffer, 0, count);
            }
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
        if (!HexFormat.of().formatHex(hash.digest()).equals(expected)) {
            throw damaged(file, "its checksum is not that of the manifest");
        }
    }

    /** Where it is. */
    public Path folder() {
        return folder;
    }

    /** What it holds. */
    public Manifest manifest() {
        return manifest;
    }

    /** What it is, in one line. */
    public String describe() {
        return "prepared corpus " + folder;
    }

    /**
     * The tokenizer that made it.
     *
     * @throws UserError if its file is missing or changed
     */
    public Tokenizer tokenizer() {
        String kind = manifest.tokenizer().kind();
        Tokenizer tokenizer = Tokenizers.load(
                kind.equals("bytes") ? kind : folder.resolve(kind).toString());
        if (!tokenizer.fingerprint().equals(manifest.tokenizer().fingerprint())) {
            tokenizer.close();
            throw damaged(folder.resolve(kind), "it is not the tokenizer that made the tokens");
        }
        return tokenizer;
    }

    /**
     * Refuses a tokenizer other than the one that made it.
     *
     * @throws UserError if it is another
     */
    public void requireTokenizer(Tokenizer tokenizer) {
        if (!tokenizer.fingerprint().equals(manifest.tokenizer().fingerprint())) {
            throw new UserError("the corpus " + folder + " was prepared with "
                    + (manifest.tokenizer().kind().equals("bytes") ? "bytes" : "another tokenizer") + " ("
                    + manifest.tokenizer().vocabSize() + " ids) and not with " + tokenizer.name() + " ("
                    + tokenizer.vocabSize() + " ids): prepare it again with --tokenizer " + tokenizer.name()
                    + ", or train with the tokenizer of the corpus");
        }
    }

    /** The tokens, mapped into memory. */
    public Corpus corpus() {
        return new Corpus(
                part(Corpus.TRAINING, shards(false)), part(Corpus.VALIDATION, shards(true)), manifest.fingerprint());
    }

    private List<Manifest.Shard> shards(boolean validation) {
        return manifest.shards().stream()
                .filter(shard -> shard.validation() == validation)
                .toList();
    }

    private Corpus.Part part(String name, List<Manifest.Shard> shards) {
        List<MappedTokens> tokens = shards.stream().map(this::map).toList();
        Manifest.Amount amount =
                shards.stream().map(Manifest.Shard::amount).reduce(Manifest.Amount.NONE, Manifest.Amount::plus);
        // Held-out text is not mixed: every document of it counts.
        boolean mixed =
                name.equals(Corpus.TRAINING) && manifest.sources().stream().anyMatch(source -> source.weight() != null);
        return new Corpus.Part(
                name, new JoinedTokens(tokens), amount.bytes(), amount.documents(), mixed ? mixture() : List.of());
    }

    private MappedTokens map(Manifest.Shard shard) {
        return MappedTokens.open(folder.resolve(shard.file()), manifest.tokenBytes());
    }

    private List<Corpus.Stretch> mixture() {
        List<Corpus.Stretch> stretches = new ArrayList<>();
        long start = 0;
        for (Manifest.Source source : manifest.sources()) {
            long length = source.training().tokens();
            stretches.add(new Corpus.Stretch(
                    source.description(), start, length, source.training().bytes(), source.weight()));
            start += length;
        }
        return stretches;
    }

    /**
     * Some documents, picked evenly among all.
     *
     * @param count at most
     * @param longest most tokens of a beginning
     * @param seed decides which
     */
    public List<Sample> samples(int count, int longest, long seed) {
        long documents = manifest.shards().stream()
                .mapToLong(shard -> shard.amount().documents())
                .sum();
        Random random = new Random(seed);
        try (Tokenizer tokenizer = tokenizer()) {
            return IntStream.range(0, (int) Math.min(count, documents))
                    .mapToLong(i -> random.nextLong(documents))
                    .sorted()
                    .mapToObj(index -> sample(index, longest, tokenizer))
                    .toList();
        }
    }

    private Sample sample(long document, int longest, Tokenizer tokenizer) {
        long index = document;
        for (Manifest.Shard shard : manifest.shards()) {
            if (index < shard.amount().documents()) {
                return sample(shard, index, longest, tokenizer);
            }
            index -= shard.amount().documents();
        }
        throw new IndexOutOfBoundsException("document " + document);
    }

    private Sample sample(Manifest.Shard shard, long index, int longest, Tokenizer tokenizer) {
        Path file = folder.resolve(shard.documentsFile());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            MemorySegment ends = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            long from = index == 0 ? 0 : ends.getAtIndex(LONG, index - 1);
            long length = ends.getAtIndex(LONG, index) - from;
            if (from < 0 || length < 0 || from + length > shard.amount().tokens()) {
                throw damaged(file, "its ends are not in order");
            }
            int[] ids = new int[(int) Math.min(length, longest)];
            map(shard).copy(from, ids, 0, ids.length);
            for (int id : ids) {
                if (id < 0 || id >= tokenizer.vocabSize()) {
                    throw damaged(folder.resolve(shard.file()), "it has an id " + id);
                }
            }
            return new Sample(shard.source(), shard.validation(), length, tokenizer.decode(ids));
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }
}
