/** Tests of {@link org.tornadomor.experiment.Experiment} and what belongs to it. */
package org.tornadomor.experiment;
