package org.tornadomor.serving;

/** A request on its way, to cancel it by. */
public sealed interface Ticket permits Running {
    /** Its number, in the order of arrival, from 0. */
    long number();
}
