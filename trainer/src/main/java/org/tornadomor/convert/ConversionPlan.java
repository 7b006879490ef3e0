package org.tornadomor.convert;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tornadomor.UserError;
import org.tornadomor.model.Architecture;
import org.tornadomor.model.AttentionKind;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.LoraConfig;
import org.tornadomor.model.LoraTarget;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.Sharing;
import org.tornadomor.model.io.PlainLlama;

/**
 * What a conversion will do, decided before a weight is read.
 *
 * @param source the plain model
 * @param target the converted model
 * @param kept the original layers that take part; the unrolled layer l of the converted model stands for {@code kept.get(l)}
 * @param sources by weight set of the converted model, the original layers whose mean it begins with
 */
public record ConversionPlan(ModelConfig source, ModelConfig target, List<Integer> kept, List<List<Integer>> sources) {
    /** How many of the counts that divide an error names. */
    private static final int SHOWN = 6;

    /**
     * Plans a conversion.
     *
     * @param source the plain model
     * @param path where it lies, for errors
     * @param mor what the converted model adds to a Llama
     * @param seed for {@link Initialisation#RANDOM}
     * @throws UserError if the model cannot be converted, or its layers do not divide
     */
    public static ConversionPlan of(
            ModelConfig source,
            Path path,
            MorConfig mor,
            Initialisation initialisation,
            LayerSelection selection,
            long seed) {
        if (source.mor() != null) {
            String fix = PlainLlama.computes(source)
                    ? "'export --format hf' makes a plain Llama of it, or give another"
                    : "give a plain Llama";
            throw new UserError(path + " is a recursive model already, with mor.num_recursions " + source.recursions()
                    + ", and convert begins with a plain one; " + fix);
        }
        List<Integer> kept = selection.of(source.numLayers());
        requireDivides(kept.size(), source.numLayers(), mor);
        Architecture architecture = source.architecture();
        List<AttentionKind> kinds = kept.stream().map(architecture::kind).toList();
        ModelConfig target = source.withArchitecture(architecture.withLayers(List.of()))
                .withNumLayers(kept.size())
                .withArchitecture(architecture.withLayers(kinds))
                .withMor(mor);
        List<List<Integer>> sources = initialisation.sources(new LayerMap(target), seed).stream()
                .map(layers -> layers.stream().map(kept::get).toList())
                .toList();
        return new ConversionPlan(source, target, kept, sources);
    }

    private static void requireDivides(int layers, int all, MorConfig mor) {
        Sharing sharing = mor.sharing();
        if (divides(layers, mor)) {
            return;
        }
        List<Integer> counts = IntStream.rangeClosed(1, all)
                .filter(n -> divides(n, mor))
                .boxed()
                .toList();
        String between = sharing.middle() ? " between the first and the last" : "";
        String what = layers + " layers do not divide into " + mor.numRecursions() + " recursions" + between
                + " with sharing " + sharing.spelling();
        if (counts.isEmpty()) {
            throw new UserError(what + ", and no smaller number does; choose fewer recursions");
        }
        List<Integer> shown = counts.reversed().subList(0, Math.min(SHOWN, counts.size()));
        String list = shown.stream().map(String::valueOf).collect(Collectors.joining(", "));
        throw new UserError(what + "; " + list + (counts.size() > SHOWN ? " and some smaller numbers" : "")
                + (counts.size() == 1 ? " does" : " do") + ": leave some layers out, as with --keep-layers even:"
                + shown.getFirst());
    }

    private static boolean divides(int layers, MorConfig mor) {
        int unique = mor.sharing().middle() ? 2 : 0;
        return layers > unique && (layers - unique) % mor.numRecursions() == 0;
    }

    /** Where a layer of the converted model comes from and goes to. */
    public record Place(int layer, int original, int recursion, int weightSet, List<Integer> sources) {}

    /** A line for each unrolled layer of the converted model. */
    public List<Place> places() {
        LayerMap map = new LayerMap(target);
        List<Place> places = new ArrayList<>();
        for (int l = 0; l < map.numLayers(); l++) {
            int set = map.weightSet(l);
            places.add(new Place(l, kept.get(l), map.recursion(l), set, sources.get(set)));
        }
        return places;
    }

    /** Whether a map of an unrolled layer of the converted model has low-rank factors. */
    boolean hasFactors(int layer, LoraTarget target) {
        return LoraConfig.targets(this.target, new LayerMap(this.target), layer).contains(target);
    }

    /** The original layers that no weight of the converted model comes from. */
    public List<Integer> unused() {
        return IntStream.range(0, source.numLayers())
                .filter(l -> sources.stream().noneMatch(set -> set.contains(l)))
                .boxed()
                .toList();
    }
}
