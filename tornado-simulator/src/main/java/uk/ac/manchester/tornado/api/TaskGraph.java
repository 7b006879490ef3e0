package uk.ac.manchester.tornado.api;

import org.tornadomor.simulator.GraphRecorder;
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
        return record(id, code);
    }

    /** Adds a task of 1 argument; see the notes of this class. */
    public <T1> TaskGraph task(String id, TornadoFunctions.Task1<T1> code, T1 a1) {
        return record(id, code, a1);
    }

    /** Adds a task of 2 arguments; see the notes of this class. */
    public <T1, T2> TaskGraph task(String id, TornadoFunctions.Task2<T1, T2> code, T1 a1, T2 a2) {
        return record(id, code, a1, a2);
    }

    /** Adds a task of 3 arguments; see the notes of this class. */
    public <T1, T2, T3> TaskGraph task(String id, TornadoFunctions.Task3<T1, T2, T3> code, T1 a1, T2 a2, T3 a3) {
        return record(id, code, a1, a2, a3);
    }

    /** Adds a task of 4 arguments; see the notes of this class. */
    public <T1, T2, T3, T4> TaskGraph task(
            String id, TornadoFunctions.Task4<T1, T2, T3, T4> code, T1 a1, T2 a2, T3 a3, T4 a4) {
        return record(id, code, a1, a2, a3, a4);
    }

    /** Adds a task of 5 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5> TaskGraph task(
            String id, TornadoFunctions.Task5<T1, T2, T3, T4, T5> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5) {
        return record(id, code, a1, a2, a3, a4, a5);
    }

    /** Adds a task of 6 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6> TaskGraph task(
            String id, TornadoFunctions.Task6<T1, T2, T3, T4, T5, T6> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6) {
        return record(id, code, a1, a2, a3, a4, a5, a6);
    }

    /** Adds a task of 7 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7> TaskGraph task(
            String id,
            TornadoFunctions.Task7<T1, T2, T3, T4, T5, T6, T7> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7);
    }

    /** Adds a task of 8 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8> TaskGraph task(
            String id,
            TornadoFunctions.Task8<T1, T2, T3, T4, T5, T6, T7, T8> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8);
    }

    /** Adds a task of 9 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9> TaskGraph task(
            String id,
            TornadoFunctions.Task9<T1, T2, T3, T4, T5, T6, T7, T8, T9> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    }

    /** Adds a task of 10 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> TaskGraph task(
            String id,
            TornadoFunctions.Task10<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
    }

    /** Adds a task of 11 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> TaskGraph task(
            String id,
            TornadoFunctions.Task11<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
    }

    /** Adds a task of 12 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> TaskGraph task(
            String id,
            TornadoFunctions.Task12<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
    }

    /** Adds a task of 13 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> TaskGraph task(
            String id,
            TornadoFunctions.Task13<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
    }

    /** Adds a task of 14 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> TaskGraph task(
            String id,
            TornadoFunctions.Task14<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
    }

    /** Adds a task of 15 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> TaskGraph task(
            String id,
            TornadoFunctions.Task15<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14,
            T15 a15) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15);
    }

    /** Adds a task of 16 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16> TaskGraph task(
            String id,
            TornadoFunctions.Task16<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14,
            T15 a15,
            T16 a16) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16);
    }

    /** Adds a task of 17 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17> TaskGraph task(
            String id,
            TornadoFunctions.Task17<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14,
            T15 a15,
            T16 a16,
            T17 a17) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17);
    }

    /** Adds a task of 18 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18> TaskGraph task(
            String id,
            TornadoFunctions.Task18<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18>
                    code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14,
            T15 a15,
            T16 a16,
            T17 a17,
            T18 a18) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18);
    }

    /** Adds a task of 19 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19> TaskGraph task(
            String id,
            TornadoFunctions.Task19<
                            T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19>
                    code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14,
            T15 a15,
            T16 a16,
            T17 a17,
            T18 a18,
            T19 a19) {
        return record(id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19);
    }

    /** Adds a task of 20 arguments; see the notes of this class. */
    public <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20> TaskGraph task(
            String id,
            TornadoFunctions.Task20<
                            T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20>
                    code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14,
            T15 a15,
            T16 a16,
            T17 a17,
            T18 a18,
            T19 a19,
            T20 a20) {
        return record(
                id, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20);
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

    private TaskGraph record(String id, Object code, Object... arguments) {
        recorder.task(id, code, arguments);
        return this;
    }
}
