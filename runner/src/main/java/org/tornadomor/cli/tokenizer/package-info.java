/** Commands for tokenizers: train, encode, decode, info. */
package org.tornadomor.cli.tokenizer;
