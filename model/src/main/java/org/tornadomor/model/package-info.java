/**
 * What a Mixture-of-Recursions model is: its configuration ({@link org.tornadomor.model.ModelConfig}, read from and
 * written as Hugging Face {@code config.json}), which weights each unrolled layer uses ({@link
 * org.tornadomor.model.LayerMap}), who routes ({@link org.tornadomor.model.RouterKind}), the sizes of the paper ({@link org.tornadomor.model.Presets}) and what they cost
 * ({@link org.tornadomor.model.ParameterCount}, {@link org.tornadomor.model.Flops}).
 */
package org.tornadomor.model;
