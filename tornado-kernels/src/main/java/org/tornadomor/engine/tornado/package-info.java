/**
 * Programs as TornadoVM task graphs: {@link org.tornadomor.engine.tornado.TornadoEngine}, and the device kernels, one file
 * for each family with the same name as on the CPU side.
 *
 * <h2>How a kernel finds its data</h2>
 *
 * <p>Memory is a few large arrays, the {@link org.tornadomor.engine.tornado.Segment segments} of the arenas, and tensors
 * are places in them. TornadoVM must not get one array twice in a task, and every scalar argument is a constant of the
 * compiled kernel. So every kernel is a static method with this head:
 *
 * <pre>{@code
 * static void gather(KernelContext c, IntArray run, IntArray table,   // always
 *         FloatArray m0, FloatArray m1,       // the distinct float arrays that its tensors lie in, at most 6
 *         IntArray i0,                        // the distinct index arrays, at most 2
 *         long arrays, int call,              // constants: which tensor lies in which array; what the task is
 *         int columns) {                      // more constants: inner dimensions, flags, coefficients
 *     int at = Args.begin(c, run, call);                        // once, outside of any condition
 *     int row = c.globalIdx / columns;
 *     if (row < Args.rows(run, call)) {                         // always: the grid is rounded up, rows may be 0
 *         FloatArray out = Args.pick(m0, m1, arrays, 0);        // tensor 0
 *         FloatArray in = Args.pick(m0, m1, arrays, 1);         // tensor 1
 *         int place = Args.offset(table, at, 2) + row * Args.stride(table, at, 2);   // of tensor 2, in i0
 *         ...
 *     }
 * }
 * }</pre>
 *
 * <ul>
 *   <li>{@code run} changes with every run: the place of the binding's entries in {@code table}, the number of the run, the
 *       row counts, and room for the marks that prove that tasks ran. It is a few ints and all that a run moves to the
 *       device.
 *   <li>{@code table} stays on the device: offset, stride and columns of every tensor of every task of every binding. So one
 *       compiled program serves all layers whose tensors lie in the same segments.
 *   <li>{@code arrays} and {@code call} are constants, so that {@link org.tornadomor.engine.tornado.Args} costs nothing at
 *       run time: one body serves all ways in which tensors can share arrays.
 * </ul>
 *
 * <p>The comment of a kernel says why it takes a {@code KernelContext}, which tensors it takes, in their order, what its grid
 * is, and what it keeps in local memory.
 *
 * <h2>How a family adds its tasks</h2>
 *
 * <p>{@code record(op, tasks)}, called by {@link org.tornadomor.engine.tornado.DeviceOps}, calls for each task, in order:
 * {@code tasks.add(name, tasks.call(rows, tensors...), grid, (graph, id, a) -> graph.task(id, Family::kernel, a.context(),
 * a.run(), a.table(), a.m(0), ..., a.i(0), ..., a.arrays(), a.code(), constants...))}. Tensor k of the kernel is the k-th
 * of {@code tasks.call}; a slot may be given twice. A kernel with n float tensors takes min(n, 6) arrays {@code m0, m1,
 * ...}, never fewer, and min(n, 2) index arrays: where tensors share arrays, the rest is filled up. A kernel has at most 20
 * arguments. A flag is an int.
 *
 * <ul>
 *   <li>Scratch: {@code tasks.call(rows, scratchFloats, tensors...)} adds floats that anyone may overwrite as one more tensor
 *       behind the others, from element 0 of its array on. Tasks of one op see the same memory.
 *   <li>Counts other than the op's rows, such as the number of sequences: pass {@code tasks.count(extent)}, a constant,
 *       and read {@code run.get(thatConstant)}.
 *   <li>{@link org.tornadomor.engine.tornado.Grid}: {@code items} for independent elements, {@code groupPerRow} for rows that
 *       are summed up in local memory, or groups along two dimensions. Grids are resized before each run and have at least
 *       one group. Sizes that depend on the device: {@code tasks.device().cpu()}.
 *   <li>Sums over rows or groups take two tasks with scratch between them: no atomics, the same bits each time. Barriers order
 *       a work-group only, and every item of the group must reach them: put them under conditions that a whole group
 *       shares.
 * </ul>
 *
 * <h2>What kernels must not do</h2>
 *
 * <p>{@code Math.exp} and the like on floats (they are double: use the float overloads of {@code TornadoMath}), objects,
 * exceptions, arrays whose size is no constant, names that are OpenCL's for parameters or methods ({@code half}, {@code
 * step}, {@code rotate}: the generated code keeps those names), a condition that another one around it decides ({@code j <
 * n} inside of {@code j + 1 < n}, or with a constant n that the compiler can compare: use {@link
 * org.tornadomor.engine.tornado.Args#columns}), passing a local or private array to another method, {@code min}/{@code max}
 * on what may be NaN, sign-bit tricks, a NaN or an infinity as a constant. A value must not depend on conditions combined
 * with {@code &&}, {@code ||} or {@code !}, nor on an {@code if} within an {@code if} that only chooses between two values:
 * where the OpenCL backend joins conditions it loses negations, so add and multiply numbers that are 0 or 1. A local array
 * is read only after it was written. A kernel must not touch anything outside of its tensors.
 *
 * <h2>How kernels are tested</h2>
 *
 * <p>{@code OpTwin} in the tests runs an op on the device and on the CPU engine over the same random values, with all rows,
 * one, none and some, tensors spread over several arenas with margins around them, and compares everything. A test of a
 * family has the tag {@code device}: the default build runs it on the simulator, {@code -Ptornadovm} on the SDK. The
 * simulator learns from {@link org.tornadomor.engine.tornado.DeclaredRanges} which elements each task may touch, and refuses
 * others.
 */
package org.tornadomor.engine.tornado;
