/** Clusters as commands see them: which there are, and where one is. None of them is known here. */
package org.tornadomor.cli.cluster;
