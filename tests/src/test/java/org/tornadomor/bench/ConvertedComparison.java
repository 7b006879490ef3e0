package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.bench.ServingRun.Figures;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ParameterCount;

/**
 * Throughput of converted models beside the plain model that they were made of. Arguments: folder of an experiment's runs of one size,
 * in which {@code original} is the plain one; sequences; repeats.
 */
final class ConvertedComparison {
    private static final String ORIGINAL = "original";
    private static final int LENGTH = 96;

    private ConvertedComparison() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        int sequences = Integer.parseInt(args[1]);
        int repeats = Integer.parseInt(args[2]);
        Results results = new Results(
                "Converted models, 32 at a time of " + sequences + " sequences of Normal(" + LENGTH + ", " + LENGTH / 4
                        + ") tokens, " + ServingModel.THREADS + " threads",
                "model",
                "parameters",
                "tokens/s",
                "of the original",
                "while full",
                "of the original, full",
                "mean depth",
                "key pages, MB");
        try (ServingModel original = ServingModel.trained(
                run(folder, ORIGINAL).getParent(),
                run(folder, ORIGINAL).getFileName().toString())) {
            for (String name : names(folder)) {
                Path run = run(folder, name);
                try (ServingModel model =
                        ServingModel.trained(run.getParent(), run.getFileName().toString())) {
                    List<Figures> figures =
                            ServingRun.inTurn(repeats, cell(original, sequences), cell(model, sequences));
                    Figures plain = figures.get(0);
                    Figures f = figures.get(1);
                    results.row(
                            name,
                            ParameterCount.of(model.config).total(),
                            f.tokensPerSecond(),
                            f.tokensPerSecond() / plain.tokensPerSecond(),
                            f.fullTokensPerSecond(),
                            f.fullTokensPerSecond() / plain.fullTokensPerSecond(),
                            f.meanDepth(),
                            size(model).keyBytes(model.config) / 1e6);
                }
            }
        }
        Results.note(
                "Each is compared with the original measured in turn with it. A model without a router runs all its recursions, so it"
                        + " computes what the original does; low-rank factors add to that. Routers decide at 0.5.");
    }

    private static DecoderSize size(ServingModel model) {
        return DecoderSize.full(model.config, ServingRun.BATCH, 2 * LENGTH, 2 * ServingRun.BATCH);
    }

    private static ServingRun cell(ServingModel model, int sequences) {
        return new ServingRun(model, size(model), DepthPolicy.DEPTH_WISE, i -> 0.5, sequences, LENGTH);
    }

    /** The models of the folder, the original first. */
    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> models = Files.list(folder)) {
            List<String> others = models.map(path -> path.getFileName().toString())
                    .filter(name -> !name.equals(ORIGINAL))
                    .sorted()
                    .toList();
            return Stream.concat(Stream.of(ORIGINAL), others.stream()).toList();
        }
    }

    /** The run of a model's first seed at the fewest tokens. */
    private static Path run(Path folder, String name) throws IOException {
        try (Stream<Path> runs = Files.walk(folder.resolve(name), 2)) {
            return runs.filter(path -> path.getFileName().toString().startsWith("tokens-"))
                    .filter(path -> Files.exists(path.resolve("checkpoints/latest")))
                    .sorted()
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(folder.resolve(name) + " has no finished run"));
        }
    }
}
