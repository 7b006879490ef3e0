package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** What a graph knows of one array: what was declared, what its tasks do with it, and the buffer it has now. */
final class Slot {

    private static final int UNDECLARED = -1;

    final TornadoNativeArray host;
    private String name;
    private int inMode = UNDECLARED;
    private boolean consumed;
    private String source;
    private boolean persisted;
    private boolean returned;
    private boolean used;
    private int access;
    private DeviceBuffer buffer;
    private boolean uploaded;

    Slot(TornadoNativeArray host, int number) {
        this.host = host;
        name = "array " + number;
    }

    void declareIn(int mode) {
        inMode = mode;
    }

    void declareOut(int mode) {
        persisted |= mode == DataTransferMode.UNDER_DEMAND;
        returned |= mode == DataTransferMode.EVERY_EXECUTION;
    }

    void declareConsumed(String from) {
        consumed = true;
        source = from;
    }

    /** A task uses this array. */
    void use(String parameter, int how) {
        if (!used) {
            name = parameter;
        }
        used = true;
        access |= how;
    }

    /** {@return the name and type, for messages} */
    @Override
    public String toString() {
        return host.getClass().getSimpleName() + " " + name + " (" + host.getSize() + " elements)";
    }

    boolean consumed() {
        return consumed;
    }

    /** {@return the graph that it is consumed from, or null} */
    String source() {
        return source;
    }

    boolean persisted() {
        return persisted;
    }

    boolean returned() {
        return returned;
    }

    boolean used() {
        return used;
    }

    boolean reads() {
        return (access & KernelAnalysis.READ) != 0;
    }

    boolean writes() {
        return (access & KernelAnalysis.WRITE) != 0;
    }

    boolean everyExecution() {
        return inMode == DataTransferMode.EVERY_EXECUTION;
    }

    /** {@return whether the contents come from the host once: declared so, or not declared at all} */
    boolean once() {
        return !consumed && (inMode == DataTransferMode.FIRST_EXECUTION || inMode == UNDECLARED);
    }

    boolean declaredOnce() {
        return inMode == DataTransferMode.FIRST_EXECUTION;
    }

    /** {@return whether the runtime frees its buffer with the graph: consumed buffers belong to another graph} */
    boolean freedWithGraph() {
        return inMode != UNDECLARED || persisted || returned;
    }

    /** {@return the buffer, or null if there is none or it was freed} */
    DeviceBuffer buffer() {
        return buffer == null || buffer.isFreed() ? null : buffer;
    }

    void bind(DeviceBuffer next) {
        buffer = next;
    }

    boolean uploaded() {
        return uploaded;
    }

    void uploaded(boolean value) {
        uploaded = value;
    }
}
