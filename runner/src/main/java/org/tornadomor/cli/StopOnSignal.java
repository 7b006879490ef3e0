package org.tornadomor.cli;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * Turns Ctrl-C and SIGTERM into a wish to stop: the JVM waits until the command has saved what it did and closed this. A
 * second signal ends it at once. The JVM's exit code is then that of the signal, 130 or 143.
 */
final class StopOnSignal implements AutoCloseable {
    private static final int ENDED_BY_USER = 130;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Consumer<String> say;
    private final Thread hook = Thread.ofPlatform().name("stop-on-signal").unstarted(this::stopAndWait);
    private volatile Runnable stop = () -> {};
    private volatile boolean received;

    private StopOnSignal(Consumer<String> say) {
        this.say = say;
    }

    /** @param say tells the person what happens */
    static StopOnSignal install(Consumer<String> say) {
        StopOnSignal signals = new StopOnSignal(say);
        Runtime.getRuntime().addShutdownHook(signals.hook);
        return signals;
    }

    /** What asks for the stop, as soon as there is something to stop. */
    void stops(Runnable action) {
        stop = action;
        if (received) {
            action.run();
        }
    }

    /** Whether a signal came. */
    boolean received() {
        return received;
    }

    private void stopAndWait() {
        received = true;
        haltOnNextSignal();
        say.accept("stopping: the step is finished and saved first; once more ends it at once, without saving");
        stop.run();
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * While the JVM shuts down, it no longer listens to signals by itself. The only interface to them is one that the compiler
     * warns of, so it is called by name; on a JVM without it the second signal has no effect.
     */
    private static void haltOnNextSignal() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object halt = Proxy.newProxyInstance(
                    StopOnSignal.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            Runtime.getRuntime().halt(ENDED_BY_USER);
                        }
                        return null;
                    });
            for (String name : List.of("INT", "TERM")) {
                signal.getMethod("handle", signal, handler)
                        .invoke(null, signal.getConstructor(String.class).newInstance(name), halt);
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            // Then the first signal's orderly end goes on.
        }
    }

    /** Nothing is left to save: lets the JVM end. */
    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is shutting down, and the hook is what runs.
        }
    }
}
