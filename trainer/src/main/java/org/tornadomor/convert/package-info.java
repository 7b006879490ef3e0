/**
 * From a plain Llama to a recursive or Mixture-of-Recursions model: which layers are kept, which weights the shared layers
 * begin with, and what low-rank factors add to them at each depth (Relaxed Recursive Transformers, arXiv 2410.20672).
 */
package org.tornadomor.convert;
