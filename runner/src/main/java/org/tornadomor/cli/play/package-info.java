/** A conversation with a model in the terminal. */
package org.tornadomor.cli.play;
