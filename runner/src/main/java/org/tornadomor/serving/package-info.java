/**
 * Requests that come and go, decoded together: {@link org.tornadomor.serving.Scheduler} decides in each tick which tokens enter,
 * {@link org.tornadomor.model.Decoder} runs them at whatever depth they are. Text, stop strings and sockets are others' work.
 */
package org.tornadomor.serving;
