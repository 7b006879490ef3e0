/**
 * Text to token ids and back: {@link org.tornadomor.tokenizer.Tokenizers} finds the tokenizer,
 * {@link org.tornadomor.tokenizer.ByteTokenizer} needs no file, {@link org.tornadomor.tokenizer.HuggingFaceTokenizerAdapter}
 * reads any {@code tokenizer.json}. A {@link org.tornadomor.tokenizer.StreamDecoder} shows text while it is being
 * generated, and a {@link org.tornadomor.tokenizer.Continuation} what it adds to a prompt.
 * {@link org.tornadomor.tokenizer.BpeTrainer} learns a byte-level byte-pair encoding from text.
 */
package org.tornadomor.tokenizer;
