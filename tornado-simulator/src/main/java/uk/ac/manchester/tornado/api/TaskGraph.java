package uk.ac.manchester.tornado.api;

import org.tornadomor.simulator.GraphRecorder;
import org.tornadomor.simulator.KernelCall;
import uk.ac.manchester.tornado.api.common.TornadoFunctions;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;

/**
 * Records tasks and the transfers around them. Arrays are captured by reference; scalars are constants of the task, so
 * a number that changes between executions must travel in an array. The code of a task is a reference to a static
 * method, or a lambda.
 *
 * <p>Arguments are native arrays, boxed primitives and {@link KernelContext}; a task takes each array once.
 *
 * <p>Every {@code task} method throws {@link uk.ac.manchester.tornado.api.exceptions.TornadoTaskRuntimeException} when
 * the name is taken, and a {@link org.tornadomor.simulator.SimulatorException} when the graph outgrows the runtime's
 * fixed sizes (256 tasks, 8,192 bytes of task list) or an argument is not one that a kernel can have.
 */
public class TaskGraph {

    private final GraphRecorder recorder;

    /**
     * Starts an empty graph.
     *
     * @param name names the graph in grids ({@code graph.task}), in {@link #consumeFromDevice(String, Object...)} and
     *     in messages
     */
    public TaskGraph(String name) {
        recorder = new GraphRecorder(name);
    }

    /** Adds a task without arguments. */
    public TaskGraph task(String id, TornadoFunctions.Task code) {
        return record(id, code, args -> code.apply());
    }

    /** Adds a task of 1 argument; see the notes of this class. */
    public <T1> TaskGraph task(String id, TornadoFunctions.Task1<T1> code, T1 arg1) {
        return record(id, code, args -> code.apply(cast(args[0])), arg1);
    }

    /** Adds a task of 2 arguments; see the notes of this class. */
    public <T1, T2> TaskGraph task(String id, TornadoFunctions.Task2<T1, T2> code, T1 arg1, T2 arg2) {
        return record(id, code, args -> code.apply(cast(args[0]), cast(args[1])), arg1, arg2);
    }

    /** Adds a task of 3 arguments; see the notes of this class. */
    public <T1, T2, T3> TaskGraph task(String id, TornadoFunctions.Task3<T1, T2, T3> code, T1 arg1, T2 arg2, T3 arg3) {
        return record(id, code, args -> code.apply(cast(args[0]), cast(args[1]), cast(args[2])), arg1, arg2, arg3);
    }

    /** Adds a task of 4 arguments; see the notes of this class. */
    public <T1, T2, T3, T4> TaskGraph task(
            String id, TornadoFunctions.Task4<T1, T2, T3, T4> code, T1 arg1, T2 arg2, T3 arg3, T4 arg4) {
        return record(
                id,
                code,
                args -> code.apply(cast(args[0]), cast(args[1]), cast(args[2]), cast(args[3])),
                arg1,
                arg2,
                arg3,
                arg4);
    }

    /** Adds a task of 5 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5> TaskGraph task(
            String id, TornadoFunctions.Task5<T1, T2, T3, T4, T5> code, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5) {
        return record(
                id,
                code,
                args -> code.apply(cast(args[0]), cast(args[1]), cast(args[2]), cast(args[3]), cast(args[4])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5);
    }

    /** Adds a task of 6 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6> TaskGraph task(
            String id,
            TornadoFunctions.Task6<T1, T2, T3, T4, T5, T6> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]), cast(args[1]), cast(args[2]), cast(args[3]), cast(args[4]), cast(args[5])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6);
    }

    /** Adds a task of 7 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7> TaskGraph task(
            String id,
            TornadoFunctions.Task7<T1, T2, T3, T4, T5, T6, T7> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7);
    }

    /** Adds a task of 8 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8> TaskGraph task(
            String id,
            TornadoFunctions.Task8<T1, T2, T3, T4, T5, T6, T7, T8> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8);
    }

    /** Adds a task of 9 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9> TaskGraph task(
            String id,
            TornadoFunctions.Task9<T1, T2, T3, T4, T5, T6, T7, T8, T9> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9);
    }

    /** Adds a task of 10 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> TaskGraph task(
            String id,
            TornadoFunctions.Task10<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10);
    }

    /** Adds a task of 11 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> TaskGraph task(
            String id,
            TornadoFunctions.Task11<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11);
    }

    /** Adds a task of 12 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> TaskGraph task(
            String id,
            TornadoFunctions.Task12<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12);
    }

    /** Adds a task of 13 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> TaskGraph task(
            String id,
            TornadoFunctions.Task13<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12,
            T13 arg13) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11]),
                        cast(args[12])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12,
                arg13);
    }

    /** Adds a task of 14 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> TaskGraph task(
            String id,
            TornadoFunctions.Task14<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12,
            T13 arg13,
            T14 arg14) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11]),
                        cast(args[12]),
                        cast(args[13])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12,
                arg13,
                arg14);
    }

    /** Adds a task of 15 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> TaskGraph task(
            String id,
            TornadoFunctions.Task15<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12,
            T13 arg13,
            T14 arg14,
            T15 arg15) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11]),
                        cast(args[12]),
                        cast(args[13]),
                        cast(args[14])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12,
                arg13,
                arg14,
                arg15);
    }

    /** Adds a task of 16 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16> TaskGraph task(
            String id,
            TornadoFunctions.Task16<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12,
            T13 arg13,
            T14 arg14,
            T15 arg15,
            T16 arg16) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11]),
                        cast(args[12]),
                        cast(args[13]),
                        cast(args[14]),
                        cast(args[15])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12,
                arg13,
                arg14,
                arg15,
                arg16);
    }

    /** Adds a task of 17 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17> TaskGraph task(
            String id,
            TornadoFunctions.Task17<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17> code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12,
            T13 arg13,
            T14 arg14,
            T15 arg15,
            T16 arg16,
            T17 arg17) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11]),
                        cast(args[12]),
                        cast(args[13]),
                        cast(args[14]),
                        cast(args[15]),
                        cast(args[16])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12,
                arg13,
                arg14,
                arg15,
                arg16,
                arg17);
    }

    /** Adds a task of 18 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18> TaskGraph task(
            String id,
            TornadoFunctions.Task18<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18>
                    code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12,
            T13 arg13,
            T14 arg14,
            T15 arg15,
            T16 arg16,
            T17 arg17,
            T18 arg18) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11]),
                        cast(args[12]),
                        cast(args[13]),
                        cast(args[14]),
                        cast(args[15]),
                        cast(args[16]),
                        cast(args[17])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12,
                arg13,
                arg14,
                arg15,
                arg16,
                arg17,
                arg18);
    }

    /** Adds a task of 19 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19> TaskGraph task(
            String id,
            TornadoFunctions.Task19<
                            T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19>
                    code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12,
            T13 arg13,
            T14 arg14,
            T15 arg15,
            T16 arg16,
            T17 arg17,
            T18 arg18,
            T19 arg19) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11]),
                        cast(args[12]),
                        cast(args[13]),
                        cast(args[14]),
                        cast(args[15]),
                        cast(args[16]),
                        cast(args[17]),
                        cast(args[18])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12,
                arg13,
                arg14,
                arg15,
                arg16,
                arg17,
                arg18,
                arg19);
    }

    /** Adds a task of 20 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20> TaskGraph task(
            String id,
            TornadoFunctions.Task20<
                            T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20>
                    code,
            T1 arg1,
            T2 arg2,
            T3 arg3,
            T4 arg4,
            T5 arg5,
            T6 arg6,
            T7 arg7,
            T8 arg8,
            T9 arg9,
            T10 arg10,
            T11 arg11,
            T12 arg12,
            T13 arg13,
            T14 arg14,
            T15 arg15,
            T16 arg16,
            T17 arg17,
            T18 arg18,
            T19 arg19,
            T20 arg20) {
        return record(
                id,
                code,
                args -> code.apply(
                        cast(args[0]),
                        cast(args[1]),
                        cast(args[2]),
                        cast(args[3]),
                        cast(args[4]),
                        cast(args[5]),
                        cast(args[6]),
                        cast(args[7]),
                        cast(args[8]),
                        cast(args[9]),
                        cast(args[10]),
                        cast(args[11]),
                        cast(args[12]),
                        cast(args[13]),
                        cast(args[14]),
                        cast(args[15]),
                        cast(args[16]),
                        cast(args[17]),
                        cast(args[18]),
                        cast(args[19])),
                arg1,
                arg2,
                arg3,
                arg4,
                arg5,
                arg6,
                arg7,
                arg8,
                arg9,
                arg10,
                arg11,
                arg12,
                arg13,
                arg14,
                arg15,
                arg16,
                arg17,
                arg18,
                arg19,
                arg20);
    }

    /** {@return the name of this graph} */
    public String getTaskGraphName() {
        return recorder.name();
    }

    /**
     * Declares arrays that tasks read on the device.
     *
     * @param mode a constant of {@link DataTransferMode}: {@code FIRST_EXECUTION} copies once, {@code EVERY_EXECUTION}
     *     at each execution, {@code UNDER_DEMAND} only allocates
     * @param objects the arrays; numbers are constants anyway and are passed over
     */
    public TaskGraph transferToDevice(int mode, Object... objects) {
        recorder.transferToDevice(mode, objects);
        return this;
    }

    /** Takes the device buffers of these arrays from the graph that was executed before, whichever that was. */
    public TaskGraph consumeFromDevice(Object... objects) {
        recorder.consume(null, objects);
        return this;
    }

    /** Takes the device buffers of these arrays from a graph that must have been executed immediately before. */
    public TaskGraph consumeFromDevice(String sourceTaskGraphName, Object... objects) {
        recorder.consume(sourceTaskGraphName, objects);
        return this;
    }

    /**
     * Declares arrays that come back to the host.
     *
     * @param mode {@code EVERY_EXECUTION} copies at the end of each execution, {@code UNDER_DEMAND} when the result is
     *     asked for them
     */
    public TaskGraph transferToHost(int mode, Object... objects) {
        recorder.transferToHost(mode, objects);
        return this;
    }

    /** Keeps the buffers of these arrays on the device after the graph has ended, for a graph that consumes them. */
    public TaskGraph persistOnDevice(Object... objects) {
        recorder.transferToHost(DataTransferMode.UNDER_DEMAND, objects);
        return this;
    }

    /** {@return a graph that can be executed and that later calls on this one do not change} */
    public ImmutableTaskGraph snapshot() {
        return new ImmutableTaskGraph(recorder.snapshot());
    }

    private TaskGraph record(String id, Object code, KernelCall call, Object... arguments) {
        recorder.task(id, code, call, arguments);
        return this;
    }

    @SuppressWarnings("unchecked")
    private static <T> T cast(Object argument) {
        return (T) argument;
    }
}
