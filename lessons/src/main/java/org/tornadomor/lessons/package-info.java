/**
 * Runnable lessons on GPU computing. What a learner reads and edits lies in {@code docs/lessons}, from where this module
 * compiles and packs it: for each lesson a page, a {@link org.tornadomor.lessons.Lesson} with numbered versions of a kernel,
 * an exercise with holes and its solution. Here is what runs them: {@link org.tornadomor.lessons.Comparison} side by side,
 * {@link org.tornadomor.lessons.Checker} an exercise, {@link org.tornadomor.lessons.Lockstep} what a picture is made of.
 */
package org.tornadomor.lessons;
