package org.tornadomor.cluster;

import org.tornadomor.cli.cluster.ClusterProvider;
import org.tornadomor.data.TextCluster;
import org.tornadomor.trainer.Collective;

/** Puts {@code spark} among the clusters. */
public final class SparkProvider implements ClusterProvider {
    @Override
    public String name() {
        return "spark";
    }

    @Override
    public Collective open(Place place) {
        return new SparkCollective(SparkStart.open(place), true);
    }

    @Override
    public TextCluster openText(Place place) {
        return new SparkText(SparkStart.open(place));
    }
}
