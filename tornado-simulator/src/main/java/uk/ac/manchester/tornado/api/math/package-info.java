/**
 * Mathematics that every backend has, in both precisions.
 */
package uk.ac.manchester.tornado.api.math;
