package org.tornadomor.lessons;

import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * A case that an exercise is tried on.
 *
 * @param what its sizes, for people
 * @param arguments of {@code plan}
 * @param names of the arguments
 * @param out the array that is compared
 * @param outName its name
 * @param expected what it should hold
 * @param tolerance how far it may be off, relative to {@code 1 + |value|}
 */
public record Trial(
        String what,
        List<Object> arguments,
        List<String> names,
        FloatArray out,
        String outName,
        float[] expected,
        double tolerance) {

    /** What an argument is called, or null if the array is none of them. */
    String nameOf(Object array) {
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i) == array) {
                return names.get(i);
            }
        }
        return null;
    }

    /** The first element that is wrong, or -1. */
    int firstWrong() {
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(out.get(i) - expected[i]);
            if (!(error <= tolerance * (1 + Math.abs(expected[i])))) {
                return i;
            }
        }
        return -1;
    }
}
