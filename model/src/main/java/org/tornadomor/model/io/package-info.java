/**
 * Checkpoints on disk. {@link org.tornadomor.files.TensorSource} reads named tensors from a safetensors file or its
 * shards, {@link org.tornadomor.files.TensorSink} writes them; {@link org.tornadomor.model.ParameterSpecs} lists
 * the tensors that a model has, and {@link org.tornadomor.model.io.CheckpointFolder} holds a folder against that list.
 * Damaged files are refused with file, tensor and reason; new ones are written aside and moved into place.
 */
package org.tornadomor.model.io;
