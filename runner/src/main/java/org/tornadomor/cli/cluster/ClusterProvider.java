package org.tornadomor.cli.cluster;

import java.util.List;
import java.util.stream.Collectors;
import org.tornadomor.UserError;
import org.tornadomor.data.TextCluster;
import org.tornadomor.trainer.Collective;

/** A kind of cluster, of a module above this one, found by {@link java.util.ServiceLoader}. */
public interface ClusterProvider {
    /** What builds the one that the project has. */
    String BUILD = "mvn -q -B package -DskipTests -Pcluster -pl spark,cluster -am";

    /**
     * Where the cluster is.
     *
     * @param master its address; null where whoever started this JVM has said it
     * @param settings of the kind of cluster, as {@code KEY=VALUE}
     * @param workers that are wanted at a time; 0 for as many as there are
     */
    record Place(String master, List<String> settings, int workers) {
        public Place {
            settings = List.copyOf(settings);
        }
    }

    /** As {@code --cluster} has it. */
    String name();

    /**
     * Workers for a run; the caller closes it.
     *
     * @throws UserError if the cluster cannot be reached, or the settings make no sense
     */
    Collective open(Place place);

    /**
     * What reads and tokenises text there; the caller closes it.
     *
     * @throws UserError as {@link #open}
     */
    TextCluster openText(Place place);

    /**
     * The one of a name, which becomes what this thread loads classes by.
     *
     * @throws UserError if there is none, with what builds it
     */
    static ClusterProvider of(String name) {
        List<ClusterProvider> all = ClusterFolder.providers();
        return all.stream()
                .filter(provider -> provider.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UserError(
                        all.isEmpty()
                                ? "this build has no clusters; build them with " + BUILD
                                : "--cluster is '" + name + "'; use "
                                        + all.stream()
                                                .map(ClusterProvider::name)
                                                .collect(Collectors.joining(" or "))));
    }
}
