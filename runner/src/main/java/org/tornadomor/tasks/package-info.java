/**
 * Few-shot evaluation with the numbers that EleutherAI's lm-evaluation-harness gives. A task is data: YAML in the harness's
 * vocabulary, from the library that comes with the program or from a user's file.
 *
 * <p>{@code TaskFile} reads the YAML, {@code TaskLibrary} knows tasks, tags and groups by name, {@code Documents} reads the
 * data, {@code Shots} draws examples, {@code Prompt} makes requests of a document, {@code RequestEncoder} makes tokens of them,
 * a {@code RequestScorer} runs them, {@code Scores} and {@code TaskMetrics} make numbers of the answers, and {@code ResultTable}
 * and {@code ResultJson} show them.
 */
package org.tornadomor.tasks;
