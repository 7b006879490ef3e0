package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;

/**
 * A program breaks a rule of the runtime or of the device. The real runtime would hang, print a line and go on with stale
 * data, or corrupt memory.
 */
public final class SimulatorException extends TornadoRuntimeException {

    private static final long serialVersionUID = 1L;

    private final Rule rule;

    SimulatorException(Rule rule, String message) {
        super(message);
        this.rule = rule;
    }

    SimulatorException(Rule rule, String message, Throwable cause) {
        this(rule, message);
        initCause(cause);
    }

    /** {@return the rule that was broken} */
    public Rule rule() {
        return rule;
    }
}
