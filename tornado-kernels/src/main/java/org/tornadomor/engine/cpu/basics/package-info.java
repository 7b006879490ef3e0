/** What the kernels of the CPU engine are made of: vector lanes, rows and matrices, scratch memory, workers. */
package org.tornadomor.engine.cpu.basics;
