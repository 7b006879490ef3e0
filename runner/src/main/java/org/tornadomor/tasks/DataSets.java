package org.tornadomor.tasks;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tornadomor.files.StrictYaml;
import tools.jackson.databind.JsonNode;

/** What is known of data sets by their names on the hub: where they are, their licence, and how their files are called. */
final class DataSets {
    private static final Map<String, DataSet> KNOWN = read();

    /**
     * A data set.
     *
     * @param name such as {@code allenai/ai2_arc}
     * @param where it can be downloaded
     * @param licence as its makers say
     * @param stems further names that its folders and files may have
     * @param columns that its documents have
     * @param bareColumns of CSV files without a line of names, as its makers offer them; empty if there are none
     * @param severalParts whether different tasks take different parts of it
     * @param partColumn the column that says which part of the set a document belongs to; empty if there is none
     */
    record DataSet(
            String name,
            String where,
            String licence,
            List<String> stems,
            List<String> columns,
            List<String> bareColumns,
            boolean severalParts,
            String partColumn) {}

    private DataSets() {}

    static Optional<DataSet> of(String name) {
        return Optional.ofNullable(name).map(KNOWN::get);
    }

    private static Map<String, DataSet> read() {
        Map<String, DataSet> sets = new TreeMap<>();
        for (JsonNode node : StrictYaml.parse(new YamlPlace.Resource("datasets.yaml").text())) {
            DataSet set = new DataSet(
                    node.path("name").stringValue(),
                    node.path("where").stringValue(),
                    node.path("licence").stringValue(),
                    TaskFile.texts(node.get("stems"), "stems"),
                    TaskFile.texts(node.get("columns"), "columns"),
                    TaskFile.texts(node.get("bare_columns"), "bare_columns"),
                    node.path("several_parts").asBoolean(false),
                    node.path("part_column").asString(""));
            sets.put(set.name(), set);
        }
        return sets;
    }
}
