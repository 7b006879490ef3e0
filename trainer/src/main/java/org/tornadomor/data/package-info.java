/**
 * From text to training samples: {@link org.tornadomor.data.TextSource} yields documents,
 * {@link org.tornadomor.data.Corpus} holds their tokens in a training and a validation part,
 * {@link org.tornadomor.data.BatchSampler} cuts them into samples in a reproducible order, and
 * {@link org.tornadomor.data.Baselines} says what a model has to beat.
 */
package org.tornadomor.data;
