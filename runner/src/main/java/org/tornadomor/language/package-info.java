/** Continuing prompts: batches of unequal lengths, stop strings, streaming. */
package org.tornadomor.language;
