/**
 * Where checkpoints come from: {@link org.tornadomor.formats.CheckpointSource} opens a folder in Hugging Face style or a file of
 * another format, as the same {@link org.tornadomor.model.io.CheckpointFolder}.
 */
package org.tornadomor.formats;
