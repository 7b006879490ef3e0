/**
 * Checkpoints that the official code of Mixture-of-Recursions writes: its settings ({@link org.tornadomor.formats.official.OfficialSettings})
 * become the {@code mor} object of {@code config.json}, its names of tensors those of this program
 * ({@link org.tornadomor.formats.official.OfficialNames}), and copies of a shared tensor are compared and read once.
 */
package org.tornadomor.formats.official;
