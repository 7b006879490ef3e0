package uk.ac.manchester.tornado.api.enums;

/** When an array moves between host and device. */
public class DataTransferMode {

    /** Once in the life of a plan. */
    public static final int FIRST_EXECUTION = 0;

    /** Each time the graph is executed. */
    public static final int EVERY_EXECUTION = 1;

    /** When the program asks for it. */
    public static final int UNDER_DEMAND = 2;

    /** Holds constants only. */
    public DataTransferMode() {}
}
