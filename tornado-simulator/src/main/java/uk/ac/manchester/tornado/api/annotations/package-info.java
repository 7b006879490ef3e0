/**
 * The annotation that marks a loop as parallel.
 */
package uk.ac.manchester.tornado.api.annotations;
