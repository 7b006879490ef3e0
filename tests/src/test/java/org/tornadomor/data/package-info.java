/** Tests of text sources, corpora, samplers and baselines. */
package org.tornadomor.data;
