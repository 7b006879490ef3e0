package org.tornadomor.lessons;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tornadomor.simulator.Recorder;

/** Every access of a small run with the line that it comes from: enough to say where a wrong value was made. */
final class Trace extends Recorder {
    /**
     * An access.
     *
     * @param array name of the trial's argument, or of local memory
     * @param local whether it is local memory
     * @param line of the learner's file, 0 if it is not from there
     */
    record Access(String array, boolean local, boolean write, int element, long group, long item, int line) {}

    /** An element of an array, as {@code x[3]}. */
    record Element(String array, int number) implements Comparable<Element> {
        private static final Comparator<Element> ORDER =
                Comparator.comparing(Element::array).thenComparingInt(Element::number);

        @Override
        public int compareTo(Element other) {
            return ORDER.compare(this, other);
        }

        @Override
        public String toString() {
            return array + "[" + number + "]";
        }
    }

    private final Trial trial;
    private final String file;
    private final List<Access> accesses = new ArrayList<>();

    Trace(Trial trial, String file) {
        this.trial = trial;
        this.file = file;
    }

    @Override
    protected void access(Memory memory, boolean write, int element, long group, long item) {
        String known = memory.local() ? null : trial.nameOf(memory.host());
        accesses.add(new Access(
                known == null ? memory.name() : known,
                memory.local(),
                write,
                element,
                group,
                item,
                lineIn(file, place())));
    }

    /** The line of a place such as {@code File.java:12} if it lies in a file, else 0. */
    static int lineIn(String file, String place) {
        int colon = place.lastIndexOf(':');
        return colon > 0 && place.substring(0, colon).equals(file) ? Integer.parseInt(place.substring(colon + 1)) : 0;
    }

    /** Who wrote an element, in order. */
    List<Access> writesOf(String array, int element) {
        return accesses.stream()
                .filter(a -> a.write && a.array.equals(array) && a.element == element)
                .toList();
    }

    /** All writes to an array. */
    List<Access> writesOf(String array) {
        return accesses.stream().filter(a -> a.write && a.array.equals(array)).toList();
    }

    /** What the writer of an element had read: itself, or its group where that shares local memory. */
    List<Access> readsFor(Access writer) {
        boolean shared = accesses.stream().anyMatch(Access::local);
        return accesses.stream()
                .filter(a -> !a.write && !a.local && a.group == writer.group)
                .filter(a -> shared || a.item == writer.item)
                .toList();
    }

    /** The different elements among accesses, in order of array and number. */
    static Set<Element> elements(List<Access> accesses) {
        return accesses.stream()
                .map(a -> new Element(a.array, a.element))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public String toString() {
        return accesses.size() + " accesses of " + trial.what();
    }
}
