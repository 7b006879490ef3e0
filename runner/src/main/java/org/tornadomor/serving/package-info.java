/**
 * Requests that come and go, decoded together: {@link org.tornadomor.serving.Scheduler} decides in each tick which tokens enter,
 * {@link org.tornadomor.model.Decoder} runs them at whatever depth they are, and
 * {@link org.tornadomor.serving.ServingLoop} lets them come from any thread. Text, stop strings and sockets are others' work.
 */
package org.tornadomor.serving;
