/** Tests of run folders' stories and pages. */
package org.tornadomor.report;
