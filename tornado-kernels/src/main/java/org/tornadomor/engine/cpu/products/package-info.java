/**
 * Products of matrices on the CPU: {@link org.tornadomor.engine.cpu.products.Products} packs and multiplies, in Java or by oneDNN. The
 * Java kernels differ in how many rows they are for.
 */
package org.tornadomor.engine.cpu.products;
