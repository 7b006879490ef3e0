/** Commands that score: losses of texts, tasks, exits, logits. */
package org.tornadomor.cli.evaluation;
