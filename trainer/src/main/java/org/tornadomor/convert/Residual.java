package org.tornadomor.convert;

import org.tornadomor.model.LoraTarget;

/**
 * How far a matrix of an unrolled layer is from the original's, with norm weights in both.
 *
 * @param layer of the converted model
 * @param rank of its factors
 * @param shared the Frobenius norm of (original - shared) over that of the original
 * @param left the same of (original - shared - factors)
 */
public record Residual(int layer, LoraTarget target, int rank, double shared, double left) {}
