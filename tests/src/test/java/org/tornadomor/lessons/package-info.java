/** Lessons: their commands, their exercises, and what wrong solutions are told. */
package org.tornadomor.lessons;
