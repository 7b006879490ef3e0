/** Whether a device computes what it should: golden values, and steps that the CPU engine takes beside it. */
package org.tornadomor.cli.devices;
