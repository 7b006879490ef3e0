/**
 * A small interpreter of Jinja templates: the chat templates of Hugging Face models and the task templates of
 * lm-evaluation-harness. It renders what Python's jinja2 renders, character by character, and refuses by name and line what it does
 * not know.
 *
 * <p>{@link org.tornadomor.template.Template} is the way in, {@link org.tornadomor.template.ChatTemplate} the one that comes with a
 * model. Inside, {@code Lexer} cuts text into tokens, {@code Parser} and {@code ExpressionParser} make trees of {@code Stmt} and
 * {@code Expr}, and {@code Interpreter} and {@code Evaluator} walk them. Filters, tests, methods and functions are entries of
 * {@code Registry}s.
 *
 * <p>Values are what JSON has (null, booleans, text, long integers, doubles, lists, maps) and the few of {@code Special}. There is no
 * way from a template to a Java object, a class or a file, and {@link org.tornadomor.template.Limits} bound each rendering.
 */
package org.tornadomor.template;
