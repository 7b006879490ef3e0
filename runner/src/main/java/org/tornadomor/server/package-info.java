/**
 * The HTTP server: what OpenAI's clients ask of a model, answered by the requests of {@link org.tornadomor.serving.ServingLoop}.
 * {@link org.tornadomor.server.ModelServer} is Jetty with its limits, {@code Routes} says who answers what, {@code Fields} reads
 * JSON strictly, and a {@code Choice} turns the tokens of one request into text.
 */
package org.tornadomor.server;
