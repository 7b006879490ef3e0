package org.tornadomor.engine;

/** How far the distribution q of a student is from the distribution p of its teacher. */
public enum Divergence {
    /** {@code sum p log(p / q)}: the student has to allow for whatever the teacher does. */
    FORWARD,
    /** {@code sum q log(q / p)}: the student may keep to what the teacher does most. */
    REVERSE,
    /** Jensen-Shannon: the mean of both against {@code (p + q) / 2}. */
    JS,
    /** Total variation: {@code sum |p - q| / 2}. */
    TV
}
