package org.tornadomor.cli.data;

import java.io.PrintWriter;
import java.util.Locale;
import org.tornadomor.Counts;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.data.Manifest;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Layout;
import org.tornadomor.terminal.TextTable;
import tools.jackson.databind.node.ObjectNode;

/** What a prepared corpus holds, for people and for programs. */
final class CorpusReport {
    private CorpusReport() {}

    /** A table with a line for each source and part. */
    static void print(PrintWriter out, PreparedCorpus corpus) {
        Manifest manifest = corpus.manifest();
        Layout.paragraph(
                out,
                String.format(
                        "%s: tokenizer %s (%s), %s a token on disk, %s",
                        corpus.folder(),
                        manifest.tokenizer().kind(),
                        Counts.of(manifest.tokenizer().vocabSize(), "id"),
                        Counts.of(manifest.tokenBytes(), "byte"),
                        Counts.of(manifest.shards().size(), "shard")));
        TextTable table = new TextTable("source", "part", "documents", "bytes", "tokens", "bytes/token").left(2);
        Manifest.Amount all = Manifest.Amount.NONE;
        for (Manifest.Source source : manifest.sources()) {
            String weight = source.weight() == null ? "" : ", weight " + source.weight();
            row(table, source.description() + weight, "training", source.training());
            row(table, "", "held out", source.validation());
            all = all.plus(source.training()).plus(source.validation());
        }
        row(table, "all", "", all);
        table.print(out);
        leftOut(out, manifest);
        special(out, manifest);
    }

    private static void row(TextTable table, String source, String part, Manifest.Amount amount) {
        table.row(
                source,
                part,
                Figures.grouped(amount.documents()),
                Figures.grouped(amount.bytes()),
                Figures.grouped(amount.tokens()),
                amount.tokens() == 0 ? "-" : String.format(Locale.ROOT, "%.3f", amount.bytesPerToken()));
    }

    private static void leftOut(PrintWriter out, Manifest manifest) {
        long duplicates = 0;
        long filtered = 0;
        long invalid = 0;
        for (Manifest.Source source : manifest.sources()) {
            duplicates += source.duplicates();
            filtered += source.filtered();
            invalid += source.invalid();
        }
        if (duplicates + filtered + invalid > 0) {
            out.println("left out: " + Counts.of(duplicates, "duplicate") + ", " + Figures.grouped(filtered)
                    + " for their size, " + Figures.grouped(invalid) + " that cannot be read");
        }
    }

    private static void special(PrintWriter out, Manifest manifest) {
        long parsed = manifest.specialParsed(-1);
        long spelled = manifest.sources().stream()
                .filter(source -> source.specialSpelled() != null)
                .mapToLong(Manifest.Source::specialSpelled)
                .sum();
        if (manifest.settings().parseSpecial() && parsed > 0) {
            out.println("special tokens: " + Figures.grouped(parsed) + " parsed out of the text");
        } else if (spelled > 0) {
            out.println("special tokens: " + Figures.grouped(spelled)
                    + " spelled in the text, which are text like any other;" + " --parse-special parses them");
        }
    }

    /** The same as JSON. */
    static ObjectNode json(PreparedCorpus corpus) {
        Manifest manifest = corpus.manifest();
        ObjectNode json = JsonOption.object();
        json.put("folder", corpus.folder().toString());
        json.put("tokenizer", manifest.tokenizer().kind());
        json.put("tokenizer_fingerprint", manifest.tokenizer().fingerprint());
        json.put("vocab_size", manifest.tokenizer().vocabSize());
        json.put("token_bytes", manifest.tokenBytes());
        json.put("shards", manifest.shards().size());
        json.put("parse_special", manifest.settings().parseSpecial());
        for (int i = 0; i < manifest.sources().size(); i++) {
            Manifest.Source source = manifest.sources().get(i);
            ObjectNode one = json.withArray("sources").addObject();
            one.put("source", source.description());
            one.put("weight", source.weight());
            amount(one.putObject("training"), source.training());
            amount(one.putObject("validation"), source.validation());
            one.put("duplicates", source.duplicates());
            one.put("filtered", source.filtered());
            one.put("invalid", source.invalid());
            one.put("special_spelled", source.specialSpelled());
            one.put("special_parsed", manifest.specialParsed(i));
        }
        return json;
    }

    private static void amount(ObjectNode json, Manifest.Amount amount) {
        json.put("documents", amount.documents());
        json.put("bytes", amount.bytes());
        json.put("tokens", amount.tokens());
        if (amount.tokens() == 0) {
            json.putNull("bytes_per_token");
        } else {
            json.put("bytes_per_token", amount.bytesPerToken());
        }
    }
}
