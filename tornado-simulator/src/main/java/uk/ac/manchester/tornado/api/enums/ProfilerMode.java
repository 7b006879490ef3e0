package uk.ac.manchester.tornado.api.enums;

/** Where the figures of an execution go. */
public enum ProfilerMode {
    /** To the console after each execution, and into the result. */
    CONSOLE,
    /** Into the result only. */
    SILENT
}
