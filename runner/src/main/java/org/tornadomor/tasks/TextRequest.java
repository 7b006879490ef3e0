package org.tornadomor.tasks;

/**
 * What a model is asked, as text.
 *
 * @param context what stands before; empty for whole texts
 * @param continuation what is to be scored; for tasks that write, empty
 */
record TextRequest(String context, String continuation) {}
