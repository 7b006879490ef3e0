package org.tornadomor.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The shards that a {@code model.safetensors.index.json} lists, as one source. What the index does not list is not
 * seen.
 */
final class ShardedTensors implements TensorSource {
    private final Path index;
    private final Map<String, SafeTensors> shards;
    private final Map<String, SafeTensors> byTensor;

    private ShardedTensors(Path index, Map<String, SafeTensors> shards, Map<String, SafeTensors> byTensor) {
        this.index = index;
        this.shards = shards;
        this.byTensor = byTensor;
    }

    static ShardedTensors open(Path index) {
        Map<String, SafeTensors> shards = new LinkedHashMap<>();
        try {
            ShardedTensors opened = new ShardedTensors(index, shards, locate(index, shards));
            shards = Map.of();
            return opened;
        } finally {
            shards.values().forEach(SafeTensors::close);
        }
    }

    private static Map<String, SafeTensors> locate(Path index, Map<String, SafeTensors> shards) {
        Map<String, SafeTensors> byTensor = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> property : weightMap(index).properties()) {
            String tensor = property.getKey();
            String file = fileName(index, tensor, property.getValue());
            SafeTensors shard = shards.get(file);
            if (shard == null) {
                Path place = index.resolveSibling(file);
                if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
                    throw new UserError(index + " lists the shard " + file
                            + ", which is not there; copy every shard of the checkpoint");
                }
                shard = SafeTensors.open(place);
                shards.put(file, shard);
            }
            if (!shard.contains(tensor)) {
                throw new UserError(index + " places tensor " + tensor + " in " + file
                        + ", which does not hold it; copy index and shards from the same checkpoint");
            }
            byTensor.put(tensor, shard);
        }
        return byTensor;
    }

    private static JsonNode weightMap(Path index) {
        try {
            JsonNode map = StrictJson.parse(InputFile.text(index)).get("weight_map");
            if (map instanceof ObjectNode && !map.isEmpty()) {
                return map;
            }
            throw new UserError(index + " has no weight_map; copy the index again");
        } catch (IOException e) {
            throw UserError.file("read", index, e);
        } catch (JacksonException e) {
            throw new UserError(index + " is not valid JSON (" + JsonFault.of(e) + "); copy it again", e);
        }
    }

    /** A shard lies beside its index: an index from elsewhere must not make us open other files. */
    private static String fileName(Path index, String tensor, JsonNode json) {
        String name = json.isString() ? json.stringValue() : "";
        if (!name.endsWith(".safetensors") || name.contains("/") || name.contains("\\") || name.indexOf('\0') >= 0) {
            throw new UserError(index + " places tensor " + tensor + " in " + json
                    + "; expected the name of a .safetensors file in the same folder");
        }
        return name;
    }

    private SafeTensors shard(String name) {
        SafeTensors shard = byTensor.get(name);
        if (shard == null) {
            throw new UserError(index + " lists no tensor " + name + "; check that it is the right checkpoint");
        }
        return shard;
    }

    @Override
    public List<String> names() {
        return List.copyOf(byTensor.keySet());
    }

    @Override
    public boolean contains(String name) {
        return byTensor.containsKey(name);
    }

    @Override
    public TensorInfo info(String name) {
        return shard(name).info(name);
    }

    @Override
    public Path file(String name) {
        return shard(name).file(name);
    }

    @Override
    public List<Path> files() {
        List<Path> files = new ArrayList<>();
        shards.values().forEach(shard -> files.addAll(shard.files()));
        return files;
    }

    @Override
    public Map<String, String> metadata() {
        return shards.values().iterator().next().metadata();
    }

    @Override
    public void read(String name, long from, float[] dst, int dstOffset, int count) {
        shard(name).read(name, from, dst, dstOffset, count);
    }

    @Override
    public void release(String name) {
        shard(name).release(name);
    }

    @Override
    public void readInts(String name, int[] dst, int dstOffset) {
        shard(name).readInts(name, dst, dstOffset);
    }

    @Override
    public void close() {
        shards.values().forEach(SafeTensors::close);
    }
}
