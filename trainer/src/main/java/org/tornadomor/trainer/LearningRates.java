package org.tornadomor.trainer;

/** The learning rate of each step, as the optimiser gets it. */
final class LearningRates {
    private LearningRates() {}

    /**
     * Whether two configurations train their first steps at the same rates, to the last bit. If so, a run of the one is up to
     * there also a run of the other.
     *
     * @param steps how many of the first steps; runs by the clock are the same only if their lengths are
     */
    static boolean same(TrainingConfig one, TrainingConfig other, long steps) {
        RunLength length = RunLength.of(one);
        RunLength otherLength = RunLength.of(other);
        if (length.timed() || otherLength.timed()) {
            return length.equals(otherLength);
        }
        Schedule schedule = length.schedule(one);
        Schedule otherSchedule = otherLength.schedule(other);
        for (long step = 1; step <= steps; step++) {
            float rate = (float) (one.lr() * schedule.at(length.progress(step, 0)));
            if (rate != (float) (other.lr() * otherSchedule.at(otherLength.progress(step, 0)))) {
                return false;
            }
        }
        return true;
    }
}
