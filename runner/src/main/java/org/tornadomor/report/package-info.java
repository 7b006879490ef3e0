/**
 * The story of a run as files and as a page: {@link org.tornadomor.report.RunRecord} and
 * {@link org.tornadomor.report.SampleLog} are written while it goes on, and {@link org.tornadomor.report.ReportPage} shows
 * what {@link org.tornadomor.report.RunData} finds in one or several run folders.
 */
package org.tornadomor.report;
