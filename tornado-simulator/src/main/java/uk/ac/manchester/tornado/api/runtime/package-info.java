/**
 * The way to the backends and devices.
 */
package uk.ac.manchester.tornado.api.runtime;
