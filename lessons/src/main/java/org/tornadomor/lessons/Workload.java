package org.tornadomor.lessons;

import java.util.List;

/**
 * A job and the ways to do it.
 *
 * @param what the job and its size, for people
 * @param versions the ways; the first is plain Java, and each is compared with the plain Java before it
 * @param flops floating-point operations that the job needs
 * @param bytes bytes that have to come from memory or go there at least
 * @param tolerance how far a result may lie from plain Java's, relative to {@code 1 + |value|}
 */
public record Workload(String what, List<Version> versions, long flops, long bytes, double tolerance) {}
