package org.tornadomor.tasks;

import java.util.List;

/**
 * A document and what is asked about it.
 *
 * @param requests one, or one for each choice
 * @param choices their texts; empty unless there are any
 * @param target the expected answer as the task has it: text, a number or a list
 * @param right the numbers of the right choices; empty unless there are choices
 */
record Item(Doc doc, List<TextRequest> requests, List<String> choices, Object target, List<Integer> right) {}
