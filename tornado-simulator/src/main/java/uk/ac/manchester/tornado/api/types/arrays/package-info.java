/**
 * Off-heap arrays, the arguments of tasks.
 */
package uk.ac.manchester.tornado.api.types.arrays;
