package org.tornadomor.data;

import java.util.Comparator;
import java.util.List;
import org.tornadomor.Counts;
import org.tornadomor.UserError;

/**
 * Puts documents into the shards of their source and part, behind those that an earlier attempt finished, and says what came of
 * each source. Documents of a source and part come in the same order each time.
 */
final class CorpusWriter implements AutoCloseable {
    private final PreparedFolder folder;
    private final PrepareSettings settings;
    private final int tokenBytes;
    private final List<String> descriptions;
    private final PrepareListener listener;

    /** By source, training before validation; null before its first document and behind its last one. */
    private final ShardStream[][] streams;

    private final Manifest.Source[] results;

    /**
     * Begins, or goes on.
     *
     * @param descriptions of the sources
     * @throws UserError if finished shards have changed
     */
    CorpusWriter(
            PreparedFolder folder,
            PrepareSettings settings,
            int tokenBytes,
            List<String> descriptions,
            PrepareListener listener) {
        this.folder = folder;
        this.settings = settings;
        this.tokenBytes = tokenBytes;
        this.descriptions = List.copyOf(descriptions);
        this.listener = listener;
        streams = new ShardStream[descriptions.size()][];
        results = new Manifest.Source[descriptions.size()];
        if (!folder.finished().isEmpty()) {
            listener.message("going on: " + Counts.of(folder.finished().size(), "finished shard") + " there already");
            folder.verifyFinished();
        }
        folder.begin();
    }

    /** The shards of a source and part. */
    ShardStream stream(int source, boolean heldOut) {
        if (streams[source] == null) {
            streams[source] = new ShardStream[] {open(source, false), open(source, true)};
        }
        return streams[source][heldOut ? 1 : 0];
    }

    private ShardStream open(int source, boolean heldOut) {
        List<Manifest.Shard> finished = folder.finished().stream()
                .filter(shard -> shard.source() == source && shard.validation() == heldOut)
                .sorted(Comparator.comparing(Manifest.Shard::file))
                .toList();
        return new ShardStream(
                folder.path(),
                source,
                heldOut,
                tokenBytes,
                settings.shardTokens(),
                descriptions.get(source),
                finished,
                folder::add);
    }

    /**
     * Ends a source: there are no more documents of it.
     *
     * @throws UserError if it has a weight, and nothing to train on
     */
    void finish(int source, Tally tally) {
        String description = descriptions.get(source);
        stream(source, false).finish();
        stream(source, true).finish();
        streams[source] = null;
        if (tally.invalid() > 0) {
            listener.message("left out " + Counts.of(tally.invalid(), "document") + " of " + description
                    + " that cannot be read; the first: " + tally.firstInvalid());
        }
        Manifest.Source result = new Manifest.Source(
                description,
                settings.sources().get(source).weight(),
                amount(source, false),
                amount(source, true),
                tally.duplicates(),
                tally.filtered(),
                tally.invalid(),
                tally.spelled());
        if (result.weight() != null && result.training().tokens() == 0) {
            throw new UserError("nothing to train on is left of " + description + " ("
                    + Counts.of(tally.duplicates(), "document") + " came before, " + tally.filtered()
                    + " do not have the size asked for): leave it out, or change the filters");
        }
        results[source] = result;
    }

    private Manifest.Amount amount(int source, boolean heldOut) {
        return folder.finished().stream()
                .filter(shard -> shard.source() == source && shard.validation() == heldOut)
                .map(Manifest.Shard::amount)
                .reduce(Manifest.Amount.NONE, Manifest.Amount::plus);
    }

    /**
     * Writes the manifest; all sources are finished.
     *
     * @throws UserError if there is nothing to train on
     */
    void complete() {
        List<Manifest.Shard> shards = folder.finished();
        if (shards.stream().allMatch(Manifest.Shard::validation)) {
            throw new UserError("no text to train on in " + String.join(", ", descriptions)
                    + ": check the paths, the filters and the share that is held out");
        }
        if (shards.stream().noneMatch(Manifest.Shard::validation)
                && !settings.split().isNothing()) {
            long taken = shards.stream()
                    .mapToLong(shard -> shard.amount().documents())
                    .sum();
            listener.message("nothing is held out: " + settings.split().describe() + " would be, of "
                    + Counts.of(taken, "document")
                    + "; 'train --validation-data' takes text to validate on, and --hold-out 0 says that none"
                    + " is wanted");
        }
        folder.complete(List.of(results));
    }

    @Override
    public void close() {
        for (ShardStream[] both : streams) {
            if (both != null) {
                both[0].close();
                both[1].close();
            }
        }
    }
}
