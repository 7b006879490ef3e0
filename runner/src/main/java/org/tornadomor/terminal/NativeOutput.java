package org.tornadomor.terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/**
 * Standard output, taken away from native code. Device drivers print to file descriptor 1 whatever Java does. So descriptor 1
 * becomes standard error, and results are written to a copy of the original.
 */
public final class NativeOutput extends OutputStream {
    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;
    private static final int BUFFER_BYTES = 1 << 16;

    /** Error numbers that mean the same on Linux and macOS. */
    private static final int INTERRUPTED = 4;

    private static final int NO_SPACE = 28;
    private static final int BROKEN_PIPE = 32;

    private static final String ERROR_NUMBER = "errno";
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();

    private final MethodHandle write;
    private final int descriptor;
    private final MemorySegment buffer = Arena.global().allocate(BUFFER_BYTES);
    private final MemorySegment state = Arena.global().allocate(STATE);

    private NativeOutput(MethodHandle write, int descriptor) {
        this.write = write;
        this.descriptor = descriptor;
    }

    /**
     * Takes standard output over: what else is written to it, from Java or not, goes to standard error from now on.
     *
     * @return what writes to where standard output went
     * @throws UnsupportedOperationException if this system cannot
     */
    public static OutputStream takeOver() {
        try {
            MethodHandle duplicate = function("dup", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
            MethodHandle replace = function("dup2", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
            MethodHandle write = function(
                    "write", ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
            MemorySegment state = Arena.global().allocate(STATE);
            int copy = (int) duplicate.invokeExact(state, STANDARD_OUTPUT);
            if (copy < 0 || (int) replace.invokeExact(state, STANDARD_ERROR, STANDARD_OUTPUT) < 0) {
                throw new UnsupportedOperationException("error " + errorNumber(state));
            }
            return new NativeOutput(write, copy);
        } catch (UnsupportedOperationException e) {
            throw e;
        } catch (Throwable e) {
            throw new UnsupportedOperationException(e);
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup library = linker.defaultLookup();
        return linker.downcallHandle(
                library.find(name).orElseThrow(() -> new UnsupportedOperationException(name)),
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState(ERROR_NUMBER));
    }

    private static int errorNumber(MemorySegment state) {
        return state.get(ValueLayout.JAVA_INT, STATE.byteOffset(MemoryLayout.PathElement.groupElement(ERROR_NUMBER)));
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int done = 0;
        while (done < length) {
            int part = Math.min(length - done, BUFFER_BYTES);
            MemorySegment.copy(bytes, offset + done, buffer, ValueLayout.JAVA_BYTE, 0, part);
            done += writeSome(part);
        }
    }

    private int writeSome(int count) throws IOException {
        long written;
        try {
            written = (long) write.invokeExact(state, descriptor, buffer, (long) count);
        } catch (Throwable e) {
            throw new IOException(e);
        }
        if (written >= 0) {
            return (int) written;
        }
        int error = errorNumber(state);
        return switch (error) {
            case INTERRUPTED -> 0;
            case BROKEN_PIPE -> throw new IOException("Broken pipe");
            case NO_SPACE -> throw new IOException("No space left on device");
            default -> throw new IOException("error " + error);
        };
    }
}
