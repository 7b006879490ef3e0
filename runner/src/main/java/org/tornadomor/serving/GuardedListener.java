package org.tornadomor.serving;

import java.util.List;
import java.util.function.Consumer;

/** Keeps what a listener throws from the others: its request ends with {@link RequestListener.End#FAILED}, and it hears no more. */
final class GuardedListener implements RequestListener {
    private final RequestListener listener;
    private final Consumer<Throwable> faults;
    private boolean broken;

    /** @param faults hears what it throws */
    GuardedListener(RequestListener listener, Consumer<Throwable> faults) {
        this.listener = listener;
        this.faults = faults;
    }

    @Override
    public void started() {
        call(listener::started);
    }

    @Override
    public void prompt(int[] depths, int cached) {
        call(() -> listener.prompt(depths, cached));
    }

    @Override
    public void promptScores(List<TokenScore> scores) {
        call(() -> listener.promptScores(scores));
    }

    @Override
    public void score(TokenScore score) {
        call(() -> listener.score(score));
    }

    @Override
    public boolean token(int id, int depth) {
        boolean[] more = new boolean[1];
        call(() -> more[0] = listener.token(id, depth));
        return more[0];
    }

    @Override
    public void ended(End reason) {
        End told = broken ? End.FAILED : reason;
        broken = false;
        call(() -> listener.ended(told));
    }

    private void call(Runnable what) {
        if (!broken) {
            try {
                what.run();
            } catch (RuntimeException | Error e) {
                broken = true;
                faults.accept(e);
            }
        }
    }
}
