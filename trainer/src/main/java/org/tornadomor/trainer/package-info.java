/** Training: the loop and what it keeps account of. */
package org.tornadomor.trainer;
