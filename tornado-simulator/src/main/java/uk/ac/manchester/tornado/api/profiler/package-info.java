/**
 * The figures of one execution.
 */
package uk.ac.manchester.tornado.api.profiler;
