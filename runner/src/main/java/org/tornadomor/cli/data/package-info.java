/** Commands that prepare text for training and say what was prepared. */
package org.tornadomor.cli.data;
