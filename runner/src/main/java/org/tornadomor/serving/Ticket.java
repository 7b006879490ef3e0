package org.tornadomor.serving;

import org.tornadomor.PublicApi;

/** A request on its way, to cancel it by. */
@PublicApi
public sealed interface Ticket permits Running {
    /** Its number, in the order of arrival, from 0. */
    long number();
}
