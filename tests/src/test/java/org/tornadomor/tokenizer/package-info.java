/** Tests of the tokenizers. */
package org.tornadomor.tokenizer;
