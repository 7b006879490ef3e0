package org.tornadomor.lessons;

import java.util.List;

/**
 * What a learner writes: a class with a static method {@code plan} that takes arrays and gives the plan that fills one of them.
 *
 * @param task what it should compute, in a sentence
 * @param parameters the types of {@code plan}
 * @param trials what it is tried on
 */
public record Exercise(String task, List<Class<?>> parameters, List<Trial> trials) {}
