/** Kernels for the tests of the simulator: right ones, and ones that are wrong in exactly one way. */
package org.tornadomor.simulator.kernels;
