package org.tornadomor.experiment;

import org.tornadomor.trainer.TrainingListener;

/** Hears what an experiment does, on the threads that train. */
public interface ExperimentListener {
    /** Nobody listens. */
    ExperimentListener NONE = new ExperimentListener() {};

    /** The long run of a model goes on up to a step. */
    default void trunk(Trunk trunk, long step) {}

    /** The listener for the next run, which goes on up to a step. */
    default TrainingListener run(long step) {
        return TrainingListener.NONE;
    }

    /** A run is done. */
    default void finished(Cell cell, CellResult result) {}

    /** Something that the person should know, in one line. */
    default void message(String text) {}
}
