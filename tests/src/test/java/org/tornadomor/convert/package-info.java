/** Conversions of plain models. */
package org.tornadomor.convert;
