/**
 * GGUF, the file that llama.cpp reads: a model with its tokenizer in one file. {@link org.tornadomor.formats.gguf.GgufFile} is the file
 * as it is, {@link org.tornadomor.formats.gguf.GgufModel} the model in it with the names and the order of rows that Hugging Face has,
 * {@link org.tornadomor.formats.gguf.GgufExport} the way back.
 */
package org.tornadomor.formats.gguf;
