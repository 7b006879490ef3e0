/** Tests of training and its accounts. */
package org.tornadomor.trainer;
