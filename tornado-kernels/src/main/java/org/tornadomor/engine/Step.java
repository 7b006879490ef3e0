package org.tornadomor.engine;

import java.util.List;

/**
 * One recorded op of a program with what it touches.
 *
 * @param op what to do
 * @param rows the rows that it works on: what the counters count and what sizes a device grid
 * @param reads slots that are only read
 * @param writes slots that are written, read before or not
 */
public record Step(Op op, Extent rows, List<Slot> reads, List<Slot> writes) {}
