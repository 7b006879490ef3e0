package org.tornadomor.simulator;

import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * One thread that runs groups, one work-item at a time: which work-item it is at, and how many barriers it has passed.
 * Monitors and local memory ask here. Local and global memory have their own phase, since a barrier orders only one.
 */
final class Lane {

    private static final String HERE = Lane.class.getPackageName();

    private final LocalArrays locals = new LocalArrays(this);
    private final ItemPool items = new ItemPool(this);

    private Launch launch;
    private WorkItem item;
    private long launchBits;
    private long groupBits;
    private int localPhase;
    private int globalPhase;
    private long localStamp;
    private long globalStamp;
    private boolean races;
    private Recorder recorder;
    private boolean loop;
    private long group;
    private final Integer[] groupIds = new Integer[3];
    private long iteration;

    /** {@return a work-item that stops the code at its first use of local memory, see {@link KernelLocator}} */
    static WorkItem probe() {
        Lane lane = new Lane();
        lane.launch = new Launch("probe", null, Options.read());
        lane.launch.begin(Grid.SINGLE);
        lane.startGroup(0);
        WorkItem item = new WorkItem(lane, 0);
        item.start();
        return item;
    }

    /** {@return whether the code is only called to find out what it is} */
    boolean isProbe() {
        return launch.kernel() == null;
    }

    /** Begins a launch: monitors and local memory forget what belongs to an earlier era of launch numbers. */
    void startLaunch(Launch next) {
        launch = next;
        launchBits = next.number() << Stamp.LAUNCH_SHIFT;
        races = next.tracksRaces();
        recorder = next.recorder();
        loop = next.kernel().loop();
        iteration = 0;
        locals.enterEra(next.era());
    }

    void startGroup(long number) {
        group = number;
        int[] groups = launch.grid().groups();
        groupIds[0] = (int) (number % groups[0]);
        groupIds[1] = (int) (number / groups[0] % groups[1]);
        groupIds[2] = (int) (number / ((long) groups[0] * groups[1]));
        groupBits = launchBits | (number << Stamp.GROUP_SHIFT & Stamp.ANYONE);
        localPhase = 0;
        globalPhase = 0;
        locals.startGroup();
    }

    /** The work-items of the group have met at a barrier. */
    void passBarrier(boolean global) {
        if (recorder != null) {
            recorder.barrier(group, global);
        }
        int phase = global ? ++globalPhase : ++localPhase;
        if (phase >= Stamp.MAX_PHASES) {
            races = false;
        }
    }

    /** Goes on with a work-item. */
    void enter(WorkItem next) {
        item = next;
        long index = next.index() & (Stamp.MAX_ITEMS - 1);
        localStamp = groupBits | (long) localPhase << Stamp.PHASE_SHIFT | index;
        globalStamp = groupBits | (long) globalPhase << Stamp.PHASE_SHIFT | index;
    }

    /** Goes on with the next iteration of a task of parallel loops. */
    void nextIteration() {
        globalStamp = launchBits | ++iteration & Stamp.ANYONE;
    }

    Launch launch() {
        return launch;
    }

    WorkItem item() {
        return item;
    }

    LocalArrays locals() {
        return locals;
    }

    ItemPool items() {
        return items;
    }

    long group() {
        return group;
    }

    /** {@return the coordinate of the current group in a dimension, boxed once for its work-items} */
    Integer groupId(int dimension) {
        return groupIds[dimension];
    }

    boolean tracksRaces() {
        return races;
    }

    /** {@return who sees the accesses of this launch, or null} */
    Recorder recorder() {
        return recorder;
    }

    /** Shows an access of the current work-item to the recorder. */
    void record(Recorder.Memory memory, boolean write, int element) {
        recorder.access(memory, write, element, group, loop ? iteration : item.index());
    }

    boolean loop() {
        return loop;
    }

    long localStamp() {
        return localStamp;
    }

    long globalStamp() {
        return globalStamp;
    }

    /** {@return a fault of the current work-item; the text goes on from "work-item (0, 0, 0) of group (0, 0, 0)"} */
    SimulatorException fault(Rule rule, String does) {
        return new SimulatorException(
                rule,
                launch.kernel().name() + " (task " + launch.task() + ")" + place() + ": " + me() + " " + does + ".");
    }

    /** {@return a race of the current work-item, see {@link #fault}} */
    SimulatorException race(String does) {
        String advice = loop
                ? "The iterations of a parallel loop run in any order, at the same time"
                : "Work-items of a group run in any order between barriers, groups in any order at all";
        return fault(Rule.RACE, does + ". " + advice);
    }

    /** {@return the work-item that left a stamp} */
    String who(long stamp) {
        if ((stamp & Stamp.ANYONE) == Stamp.ANYONE) {
            return loop ? "several iterations" : "work-items of several groups";
        }
        if (loop) {
            return "another iteration (number " + (Stamp.group(stamp, true) - 1) + ")";
        }
        if ((stamp & Stamp.SEVERAL) != 0) {
            return "several work-items of the same group";
        }
        long number = Stamp.group(stamp, false);
        String itemText =
                "work-item " + Grid.coordinates(Stamp.item(stamp), launch.grid().local());
        return number == group
                ? itemText + " of the same group"
                : itemText + " of group "
                        + Grid.coordinates(number, launch.grid().groups());
    }

    private String me() {
        if (loop) {
            return iteration == 0 ? "the task" : item.iterationText();
        }
        return describe(item) + " (global id " + item.globalText() + ")";
    }

    /** {@return where a work-item of the current group is} */
    String describe(WorkItem one) {
        return "work-item " + Grid.coordinates(one.index(), launch.grid().local()) + " of group "
                + Grid.coordinates(group, launch.grid().groups());
    }

    /** The line of the kernel, found on the stack: the innermost frame that is not the simulator's or the API's. */
    static String place() {
        return place(frames -> frames);
    }

    /** The same for a recorder that {@link #record} calls: the frames of the recorder do not count. */
    static String placeBelowRecorder() {
        return place(frames -> frames.dropWhile(f -> !f.getClassName().equals(Lane.class.getName())
                || !f.getMethodName().equals("record")));
    }

    private static String place(UnaryOperator<Stream<StackWalker.StackFrame>> below) {
        Optional<StackWalker.StackFrame> frame = StackWalker.getInstance()
                .walk(frames -> below.apply(frames)
                        .filter(f -> !packageOf(f).equals(HERE)
                                && !packageOf(f).startsWith("uk.ac.manchester.tornado.api")
                                && !packageOf(f).startsWith("java.")
                                && !packageOf(f).startsWith("jdk."))
                        .findFirst());
        return frame.filter(f -> f.getFileName() != null)
                .map(f -> " at " + f.getFileName() + ":" + f.getLineNumber())
                .orElse("");
    }

    private static String packageOf(StackWalker.StackFrame frame) {
        String name = frame.getClassName();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(0, dot);
    }
}
