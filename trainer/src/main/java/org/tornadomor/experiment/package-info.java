/**
 * Comparisons of models at equal compute: a {@link org.tornadomor.experiment.Grid} declares models, sizes, budgets and seeds, a
 * {@link org.tornadomor.experiment.Plan} turns it into runs with exactly the steps that each budget pays for, an
 * {@link org.tornadomor.experiment.Experiment} trains them, and {@link org.tornadomor.experiment.Results} makes tables and plots
 * of what came out. {@link org.tornadomor.experiment.DepthStudy} asks whether deeper recursion goes to the harder tokens.
 */
package org.tornadomor.experiment;
