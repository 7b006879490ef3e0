package org.tornadomor.distribution;

import java.util.Map;
import java.util.Set;

/**
 * What licence each library has, by the texts that its authors publish; tools guess it from the names in POMs. A library that
 * comes with a new group is looked up and added here.
 */
final class Licences {
    private static final Set<String> APACHE = Set.of("Apache-2.0");
    private static final Set<String> MIT = Set.of("MIT");
    private static final Map<String, Set<String>> BY_GROUP = Map.ofEntries(
            Map.entry("ai.djl", APACHE),
            Map.entry("ai.djl.huggingface", APACHE),
            Map.entry("ch.qos.logback", Set.of("EPL-2.0", "LGPL-2.1-only")),
            Map.entry("com.fasterxml.jackson.core", APACHE),
            Map.entry("com.github.luben", Set.of("BSD-2-Clause")),
            Map.entry("com.google.code.gson", APACHE),
            Map.entry("com.google.errorprone", APACHE),
            Map.entry("commons-codec", APACHE),
            Map.entry("commons-io", APACHE),
            Map.entry("info.picocli", APACHE),
            Map.entry("io.micrometer", APACHE),
            Map.entry("io.prometheus", APACHE),
            Map.entry("me.tongfei", MIT),
            Map.entry("net.java.dev.jna", Set.of("Apache-2.0", "LGPL-2.1-or-later")),
            Map.entry("org.apache.commons", APACHE),
            Map.entry("org.duckdb", MIT),
            Map.entry("org.eclipse.jetty", Set.of("Apache-2.0", "EPL-2.0")),
            Map.entry("org.hdrhistogram", Set.of("BSD-2-Clause", "CC0-1.0")),
            Map.entry("org.jline", Set.of("BSD-3-Clause")),
            Map.entry("org.jspecify", APACHE),
            Map.entry("org.slf4j", MIT),
            Map.entry("org.snakeyaml", APACHE),
            Map.entry("org.tornadomor", APACHE),
            Map.entry("org.webjars.npm", MIT),
            Map.entry("tools.jackson.core", APACHE),
            Map.entry("tools.jackson.dataformat", APACHE));

    private Licences() {}

    /** The SPDX names of the licences among which a user of the group's libraries may choose. */
    static Set<String> of(String group) {
        Set<String> licences = BY_GROUP.get(group);
        if (licences == null) {
            throw new AssertionError("look up the licence of " + group + ", and add it here");
        }
        return licences;
    }
}
