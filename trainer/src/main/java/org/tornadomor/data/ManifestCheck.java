package org.tornadomor.data;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.tornadomor.UserError;

/**
 * Checks whether what a manifest says is possible: files in its own folder, amounts that add up, in the order that readers rely
 * on.
 */
final class ManifestCheck {
    /** As {@link ShardStream} names them: nothing that leads out of the folder. */
    private static final Pattern SHARD = Pattern.compile("source\\d{2,9}-(training|validation)-\\d{5,9}\\.tokens");

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /** So that no length in bytes overflows. */
    private static final long MOST = Long.MAX_VALUE / Long.BYTES / 2;

    private final Manifest manifest;
    private final JsonShape shape;

    private ManifestCheck(Manifest manifest, JsonShape shape) {
        this.manifest = manifest;
        this.shape = shape;
    }

    /**
     * Refuses what is not possible.
     *
     * @param shape makes the errors
     * @param complete whether the manifest is that of a finished corpus
     * @throws UserError naming the file and the key
     */
    static void require(Manifest manifest, JsonShape shape, boolean complete) {
        new ManifestCheck(manifest, shape).require(complete);
    }

    private void require(boolean complete) {
        requireTokenizer(manifest.tokenizer());
        int wanted = manifest.settings().sources().size();
        requireThat(wanted > 0, "settings.sources", "is empty");
        int found = manifest.sources().size();
        requireThat(
                found == (complete ? wanted : 0), "sources", "has " + found + " entries for " + wanted + " sources");
        requireWeights();
        requireShards(wanted);
        for (int i = 0; i < found; i++) {
            requireSource(i);
        }
        requireThat(!complete || !manifest.shards().isEmpty(), "shards", "is empty");
    }

    private void requireTokenizer(Manifest.TokenizerId id) {
        requireThat(
                id.kind().equals("bytes") || id.kind().equals(Manifest.TOKENIZER_FILE),
                "tokenizer.kind",
                "is '" + id.kind() + "' and neither bytes nor " + Manifest.TOKENIZER_FILE);
        requireThat(!id.fingerprint().isBlank(), "tokenizer.fingerprint", "is empty");
        requireThat(id.vocabSize() > 0, "tokenizer.vocab_size", "is " + id.vocabSize());
        requireThat(
                id.endOfText() >= -1 && id.endOfText() < id.vocabSize(),
                "tokenizer.end_of_text",
                "is " + id.endOfText() + " of " + id.vocabSize() + " ids");
        requireThat(
                manifest.tokenBytes() == MappedTokens.tokenBytes(id.vocabSize()),
                "token_bytes",
                "is " + manifest.tokenBytes() + ", which ids of " + id.vocabSize() + " do not take");
    }

    private void requireWeights() {
        List<WeightedSource> asked = manifest.settings().sources();
        long weighted = asked.stream().filter(source -> source.weight() != null).count();
        for (int i = 0; i < asked.size(); i++) {
            Double weight = asked.get(i).weight();
            requireThat(
                    weight == null ? weighted == 0 : weight > 0,
                    "settings.sources[" + i + "].weight",
                    "is " + weight + ", where all or none are above 0");
        }
    }

    private void requireShards(int sources) {
        Set<String> files = new HashSet<>();
        List<Manifest.Shard> shards = manifest.shards();
        for (int i = 0; i < shards.size(); i++) {
            Manifest.Shard shard = shards.get(i);
            String path = "shards[" + i + "].";
            requireThat(
                    SHARD.matcher(shard.file()).matches(),
                    path + "file",
                    "is '" + shard.file() + "', and shards are files such as source00-training-00000.tokens beside it");
            requireThat(
                    shard.file().contains(shard.validation() ? "-validation-" : "-training-"),
                    path + "validation",
                    "is not what the name " + shard.file() + " says");
            requireThat(files.add(shard.file()), path + "file", "is " + shard.file() + " for the second time");
            requireThat(
                    shard.source() >= 0
                            && shard.source() < sources
                            && Long.parseLong(shard.file().replaceAll("source(\\d+)-.*", "$1")) == shard.source(),
                    path + "source",
                    "is " + shard.source() + " of " + sources + " sources, for " + shard.file());
            requireThat(
                    i == 0 || manifest.sources().isEmpty() || isBefore(shards.get(i - 1), shard),
                    path + "file",
                    "is " + shard.file() + ", out of order");
            requireAmount(shard.amount(), path + "amount");
            requireThat(
                    shard.special() == null
                            || shard.special() >= 0
                                    && shard.special() <= shard.amount().tokens(),
                    path + "special",
                    "is " + shard.special() + " of " + shard.amount().tokens() + " tokens");
            requireHash(shard.sha256(), path + "sha256");
            requireHash(shard.documentsSha256(), path + "documents_sha256");
            requireHash(shard.content(), path + "content");
        }
    }

    private static boolean isBefore(Manifest.Shard one, Manifest.Shard other) {
        return one.source() < other.source()
                || one.source() == other.source() && one.file().compareTo(other.file()) < 0;
    }

    private void requireSource(int index) {
        Manifest.Source source = manifest.sources().get(index);
        String path = "sources[" + index + "].";
        Double weight = manifest.settings().sources().get(index).weight();
        requireThat(
                weight == null ? source.weight() == null : weight.equals(source.weight()),
                path + "weight",
                "is " + source.weight() + " and " + weight + " in the settings");
        requireThat(source.duplicates() >= 0, path + "duplicates", "is " + source.duplicates());
        requireThat(source.filtered() >= 0, path + "filtered", "is " + source.filtered());
        requireThat(source.invalid() >= 0, path + "invalid", "is " + source.invalid());
        requireThat(
                source.specialSpelled() == null || source.specialSpelled() >= 0,
                path + "special_spelled",
                "is " + source.specialSpelled());
        for (boolean validation : new boolean[] {false, true}) {
            Manifest.Amount said = validation ? source.validation() : source.training();
            Manifest.Amount sum = manifest.shards().stream()
                    .filter(shard -> shard.source() == index && shard.validation() == validation)
                    .map(Manifest.Shard::amount)
                    .reduce(Manifest.Amount.NONE, Manifest.Amount::plus);
            requireThat(
                    said.equals(sum),
                    path + (validation ? "validation" : "training"),
                    "is " + said + ", and its shards have " + sum);
        }
    }

    private void requireAmount(Manifest.Amount amount, String path) {
        requireThat(
                amount.documents() > 0 && amount.documents() <= MOST,
                path + ".documents",
                "is " + amount.documents() + ", and a shard has some");
        requireThat(amount.bytes() > 0 && amount.bytes() <= MOST, path + ".bytes", "is " + amount.bytes());
        requireThat(amount.tokens() >= 0 && amount.tokens() <= MOST, path + ".tokens", "is " + amount.tokens());
    }

    private void requireHash(String hash, String path) {
        requireThat(SHA256.matcher(hash).matches(), path, "is '" + hash + "' and no SHA-256 of 64 hexadecimal digits");
    }

    private void requireThat(boolean holds, String path, String otherwise) {
        if (!holds) {
            throw shape.fault(path, otherwise);
        }
    }
}
