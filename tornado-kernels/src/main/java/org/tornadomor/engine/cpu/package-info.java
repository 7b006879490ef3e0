/**
 * The engine for a bare JDK: pure Java on all cores with {@code jdk.incubator.vector}. One file for each family of ops,
 * forward above backward.
 *
 * <p>Results do not depend on the number of threads: work is cut into tiles by shape alone, each element of a result is
 * computed by one tile in a fixed order, and sums over tiles are added in tile order. Nor do they depend on when the JIT
 * compiles what: only exactly defined operations are used (no {@code reduceLanes(ADD)}, no {@code lanewise(EXP)}, whose
 * results may differ between interpreter and compiled code), so that a seed reproduces a run bit for bit.
 */
package org.tornadomor.engine.cpu;
