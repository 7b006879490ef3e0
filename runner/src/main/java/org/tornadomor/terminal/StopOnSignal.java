package org.tornadomor.terminal;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns Ctrl-C, SIGTERM and the end of the terminal into a wish to stop: the command finishes its step and saves. A second signal
 * ends the JVM at once, and so does the first while there is nothing to save. The exit code is that of the signal as a shell has
 * it: 130, 143, 129.
 */
public final class StopOnSignal implements AutoCloseable {
    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");

    /** What a shell adds to the number of the signal that ended a program. */
    private static final int ENDED_BY_SIGNAL = 128;

    private static final String SAVES =
            "stopping: the step is finished and saved first; once more ends it at once, without saving";

    private final PrintWriter err;
    private final String words;
    /** What the JVM would do otherwise, by signal. */
    private final Map<Object, Object> before = new LinkedHashMap<>();

    private Runnable stop;
    private int exitCode;

    private StopOnSignal(PrintWriter err, String words) {
        this.err = err;
        this.words = words;
    }

    /** @param err where the person is told what happens */
    public static StopOnSignal install(PrintWriter err) {
        return install(err, SAVES);
    }

    /** As {@link #install(PrintWriter)}, for a command that has other things to do before it ends. */
    public static StopOnSignal install(PrintWriter err, String words) {
        StopOnSignal signals = new StopOnSignal(err, words);
        NAMES.forEach(signals::listen);
        return signals;
    }

    /**
     * The only interface to signals is one that the compiler warns of, so it is called by reflection. If it is missing, or the
     * JVM leaves a signal to the system ({@code -Xrs}, Windows), the signal does what it does to every program.
     */
    private void listen(String name) {
        try {
            Class<?> type = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(
                    StopOnSignal.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            received((Integer) type.getMethod("getNumber").invoke(arguments[0]));
                            return null;
                        }
                        return method.invoke(this, arguments);
                    });
            Object signal = type.getConstructor(String.class).newInstance(name);
            before.put(signal, type.getMethod("handle", type, handler).invoke(null, signal, ours));
        } catch (InvocationTargetException e) {
            if (!(e.getCause() instanceof IllegalArgumentException)) {
                throw new IllegalStateException(e);
            }
        } catch (ReflectiveOperationException e) {
            // A JVM without the interface.
        }
    }

    private void received(int number) {
        Runnable action;
        synchronized (this) {
            if (exitCode != 0) {
                Runtime.getRuntime().halt(ENDED_BY_SIGNAL + number);
            }
            exitCode = ENDED_BY_SIGNAL + number;
            action = stop;
        }
        if (action == null) {
            System.exit(exitCode);
        }
        // Behind the ^C that the terminal shows, or the bar.
        if (Terminal.showsProgress()) {
            err.println();
        }
        err.println(words);
        err.flush();
        action.run();
    }

    /** What asks for the stop, from now on: there is something to save. */
    public synchronized void stops(Runnable action) {
        stop = action;
    }

    /** Nothing is left to save: a signal ends the command at once. */
    public synchronized void saved() {
        stop = null;
    }

    /** Whether a signal came. */
    public synchronized boolean received() {
        return exitCode != 0;
    }

    /** How the command ends: 0 if no signal came. */
    public synchronized int exitCode() {
        return exitCode;
    }

    /** Leaves signals to the JVM again. */
    @Override
    public void close() {
        before.forEach((signal, handler) -> {
            try {
                signal.getClass()
                        .getMethod("handle", signal.getClass(), Class.forName("sun.misc.SignalHandler"))
                        .invoke(null, signal, handler);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
