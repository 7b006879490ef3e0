package org.tornadomor.model;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The {@code mor} object of {@code config.json}: one line of {@link #KEYS} for each key, which reads and writes it. */
final class MorJson {
    private static final String RECURSIONS = "num_recursions";
    private static final String ROUTER = "router";

    /** All keys, in the order in which they are written. Recursions and router have no defaults and are read first. */
    private static final List<Key> KEYS = List.of(
            new Key(RECURSIONS, (json, start) -> {}, (mor, json) -> json.put(RECURSIONS, mor.numRecursions())),
            choice("sharing", MorConfig::sharing, MorConfigBuilder::sharing),
            new Key(
                    ROUTER,
                    (json, start) -> {},
                    (mor, json) -> json.put(ROUTER, mor.router().spelling())),
            choice("router_arch", MorConfig::routerArch, MorConfigBuilder::routerArch),
            choice("router_activation", MorConfig::routerActivation, MorConfigBuilder::routerActivation),
            number("router_alpha", MorConfig::routerAlpha, MorConfigBuilder::routerAlpha),
            choice("gating", MorConfig::gating, MorConfigBuilder::gating),
            new Key(
                    "capacity",
                    (json, start) -> start.builder.capacity(json.numbers("capacity")),
                    (mor, json) -> writeCapacity(mor.capacity(), json)),
            choice("kv", MorConfig::kv, MorConfigBuilder::kv),
            choice("causal_router", MorConfig::causalRouter, MorConfigBuilder::causalRouter),
            number("aux_loss_coef", MorConfig::auxLossCoef, MorConfigBuilder::auxLossCoef),
            number("balance_loss_coef", MorConfig::balanceLossCoef, MorConfigBuilder::balanceLossCoef),
            number("z_loss_coef", MorConfig::zLossCoef, MorConfigBuilder::zLossCoef),
            choice("balancing", MorConfig::balancing, MorConfigBuilder::balancing),
            number("bias_update_rate", MorConfig::biasUpdateRate, MorConfigBuilder::biasUpdateRate),
            flag("aux_router", MorConfig::auxRouter, MorConfigBuilder::auxRouter),
            number("exit_threshold", MorConfig::exitThreshold, MorConfigBuilder::exitThreshold)
                    .writtenIf(mor -> mor.router().hasExitThreshold()),
            new Key(
                            "lora",
                            (json, start) ->
                                    start.builder.lora(json.has("lora") ? readLora(json.object("lora")) : null),
                            (mor, json) -> writeLora(mor.lora(), json.putObject("lora")))
                    .writtenIf(mor -> mor.lora() != null));

    private static final List<String> NAMES = KEYS.stream().map(Key::name).toList();
    private static final List<String> LORA_NAMES = List.of("rank", "targets");

    private MorJson() {}

    /** Where reading starts: a builder, and the configuration that it makes if no key is given. */
    private record Start(MorConfigBuilder builder, MorConfig defaults) {}

    private record Key(String name, BiConsumer<ConfigFields, Start> read, BiConsumer<MorConfig, ObjectNode> write) {
        Key writtenIf(Predicate<MorConfig> present) {
            return new Key(name, read, (mor, json) -> {
                if (present.test(mor)) {
                    write.accept(mor, json);
                }
            });
        }
    }

    private static <E extends Enum<E> & Spelled> Key choice(
            String name, Function<MorConfig, E> get, BiConsumer<MorConfigBuilder, E> set) {
        return new Key(
                name,
                (json, start) -> set.accept(start.builder, json.choice(name, get.apply(start.defaults))),
                (mor, json) -> json.put(name, get.apply(mor).spelling()));
    }

    private static Key number(String name, ToDoubleFunction<MorConfig> get, BiConsumer<MorConfigBuilder, Double> set) {
        return new Key(
                name,
                (json, start) -> set.accept(start.builder, json.number(name, get.applyAsDouble(start.defaults))),
                (mor, json) -> json.put(name, get.applyAsDouble(mor)));
    }

    private static Key flag(String name, Predicate<MorConfig> get, BiConsumer<MorConfigBuilder, Boolean> set) {
        return new Key(
                name,
                (json, start) -> set.accept(start.builder, json.flag(name, get.test(start.defaults))),
                (mor, json) -> json.put(name, get.test(mor)));
    }

    static boolean isKey(String name) {
        return NAMES.contains(name);
    }

    /** @throws org.tornadomor.UserError naming a key that is missing, unknown or out of its range */
    static MorConfig read(ConfigFields json) {
        json.allowOnly(NAMES);
        RouterKind router = json.requiredRouter(ROUTER);
        MorConfig defaults = new MorConfigBuilder(1, router).build();
        MorConfigBuilder builder = new MorConfigBuilder(json.requiredInt(RECURSIONS), router);
        KEYS.forEach(key -> key.read.accept(json, new Start(builder, defaults)));
        return builder.build();
    }

    static void write(MorConfig mor, ObjectNode json) {
        KEYS.forEach(key -> key.write.accept(mor, json));
    }

    private static void writeCapacity(List<Double> capacity, ObjectNode json) {
        if (capacity == null) {
            json.putNull("capacity");
        } else {
            ArrayNode array = json.putArray("capacity");
            capacity.forEach(array::add);
        }
    }

    private static LoraConfig readLora(ConfigFields json) {
        json.allowOnly(LORA_NAMES);
        List<LoraTarget> targets = json.texts("targets").stream()
                .map(name -> Spelled.parse(LoraTarget.class, json.prefix() + "targets", name))
                .toList();
        return new LoraConfig(json.requiredInt("rank"), json.has("targets") ? targets : LoraConfig.ALL);
    }

    private static void writeLora(LoraConfig lora, ObjectNode json) {
        json.put("rank", lora.rank());
        ArrayNode targets = json.putArray("targets");
        lora.targets().forEach(target -> targets.add(target.spelling()));
    }
}
