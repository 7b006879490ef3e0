/**
 * The small interface between the model and the machine: {@link org.tornadomor.engine.Engine} owns memory and execution,
 * {@link org.tornadomor.engine.Tensor} is a view into one of a few arenas, {@link org.tornadomor.engine.Ops} is the
 * vocabulary, {@link org.tornadomor.engine.Program} a recorded sequence of ops. The model is written against this package
 * alone and never touches an array.
 */
package org.tornadomor.engine;
