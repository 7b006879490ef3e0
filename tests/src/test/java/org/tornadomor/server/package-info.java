/** The HTTP server, as its clients and its enemies see it. */
package org.tornadomor.server;
