/** What files of several formats have in common: the order of rows in heads, and vocabularies of SentencePiece. */
package org.tornadomor.formats.common;
