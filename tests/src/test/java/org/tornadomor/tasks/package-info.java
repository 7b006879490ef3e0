/** Tests of few-shot evaluation. */
package org.tornadomor.tasks;
