/**
 * Number formats that Java lacks.
 */
package uk.ac.manchester.tornado.api.types;
