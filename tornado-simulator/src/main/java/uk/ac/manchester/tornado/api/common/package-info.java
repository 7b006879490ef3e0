/**
 * Devices and the shapes of the code of a task.
 */
package uk.ac.manchester.tornado.api.common;
