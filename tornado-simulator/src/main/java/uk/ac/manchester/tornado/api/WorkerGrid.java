package uk.ac.manchester.tornado.api;

/** How many work-items run a task, in up to three dimensions, and how they form work-groups. */
public interface WorkerGrid {

    /** {@return the number of dimensions, 1 to 3} */
    int dimension();

    /** {@return the total number of work-items in x, y and z} */
    long[] getGlobalWork();

    /** {@return the size of a work-group in x, y and z, or null where the runtime chooses} */
    long[] getLocalWork();

    /** {@return the number of work-groups in x, y and z, or null before local work is set} */
    long[] getNumberOfWorkgroups();

    /** {@return what is added to the global ids in x, y and z} */
    long[] getGlobalOffset();

    /** Sets the total number of work-items; the next execution sees it without a new compilation. */
    void setGlobalWork(long x, long y, long z);

    /** Sets the size of a work-group; call it after {@link #setGlobalWork}, since it derives the number of groups. */
    void setLocalWork(long x, long y, long z);

    /** Forgets the number of work-groups. */
    void setNumberOfWorkgroupsToNull();

    /** Leaves the size of a work-group to the runtime. */
    void setLocalWorkToNull();

    /** Sets what is added to the global ids. */
    void setGlobalOffset(long x, long y, long z);
}
