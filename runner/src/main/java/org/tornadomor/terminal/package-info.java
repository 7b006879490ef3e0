/** What is printed: bars, tables and paragraphs as wide as the terminal, and what stops a program that prints. */
package org.tornadomor.terminal;
