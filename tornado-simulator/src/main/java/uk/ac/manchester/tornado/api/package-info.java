/**
 * Task graphs, execution plans and grids of TornadoVM 5.2.0, as far as the project uses them. The names and signatures
 * are those of the real API; the behaviour comes from {@link org.tornadomor.simulator}. An installed SDK takes the place of
 * this package.
 */
package uk.ac.manchester.tornado.api;
