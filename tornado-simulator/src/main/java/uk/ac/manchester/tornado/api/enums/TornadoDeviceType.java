package uk.ac.manchester.tornado.api.enums;

/** Kinds of devices. */
public enum TornadoDeviceType {
    /** Not known. */
    UNKNOWN,
    /** Whatever the platform prefers. */
    DEFAULT,
    /** A host processor. */
    CPU,
    /** A graphics processor. */
    GPU,
    /** A field-programmable gate array. */
    FPGA,
    /** Another accelerator. */
    ACCELERATOR,
    /** A device of fixed function. */
    CUSTOM,
    /** Any of them. */
    ALL
}
