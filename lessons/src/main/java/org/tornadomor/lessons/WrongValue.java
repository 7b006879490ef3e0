package org.tornadomor.lessons;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Explains a wrong element of a result: who wrote it, and what it read that the solution does not read. */
final class WrongValue {
    /** What the host's array holds before a trial: a value that nothing computes. */
    static final float UNTOUCHED = -1e30f;

    private static final int NAMED = 4;

    private final Trial trial;
    private final String source;
    private final Trace did;
    private final Trace should;

    /**
     * @param trial as the learner's code left it
     * @param did what the learner's code did
     * @param should what the solution does
     */
    WrongValue(Trial trial, String source, Trace did, Trace should) {
        this.trial = trial;
        this.source = source;
        this.did = did;
        this.should = should;
    }

    Finding explain(int element, float value) {
        String out = trial.outName();
        List<Trace.Access> writers = did.writesOf(out, element);
        int hole = emptyHole(source);
        if (hole > 0) {
            String got = writers.isEmpty() ? "no work-item writes it" : "it is " + number(value);
            return unfinished(trial, hole, element, got);
        }
        if (writers.isEmpty()) {
            return unwritten(element);
        }
        String fact =
                out + "[" + element + "] is " + number(value) + " and should be " + number(trial.expected()[element])
                        + (writers.size() > 1 ? "; it is written " + writers.size() + " times" : "");
        Trace.Access writer = writers.getLast();
        if (neverCameBack()) {
            return leftBehind(fact);
        }
        List<Trace.Access> reads = did.readsFor(writer);
        Set<Trace.Element> mine = Trace.elements(reads);
        List<Trace.Access> solutionWriters = should.writesOf(out, element);
        Set<Trace.Element> theirs = Trace.elements(should.readsFor(solutionWriters.getLast()));
        Set<Trace.Element> tooMuch = new TreeSet<>(mine);
        tooMuch.removeAll(theirs);
        Set<Trace.Element> missing = new TreeSet<>(theirs);
        missing.removeAll(mine);
        if (!tooMuch.isEmpty()) {
            Optional<Trace.Access> first = reads.stream()
                    .filter(a -> tooMuch.contains(new Trace.Element(a.array(), a.element())))
                    .findFirst();
            String instead = missing.isEmpty() ? "" : " and not " + some(missing);
            return new Finding(
                    "wrong-index",
                    first.map(Trace.Access::line).orElse(writer.line()),
                    fact + ": for it " + some(tooMuch) + " was read" + instead,
                    "Compute the index by hand for this element and compare.");
        }
        if (!missing.isEmpty()) {
            String array = missing.iterator().next().array();
            return new Finding(
                    "missing-input",
                    reads.stream()
                            .filter(a -> a.array().equals(array) && a.line() > 0)
                            .findFirst()
                            .map(Trace.Access::line)
                            .orElse(writer.line()),
                    fact + ": " + some(missing) + (missing.size() == 1 ? " was" : " were") + " never read for it",
                    "A loop begins too late or ends too early, or part of the formula is missing.");
        }
        return new Finding(
                "wrong-value",
                writer.line(),
                fact + ": its work-item read the elements that the solution reads, and made something else of them",
                "The formula is wrong, one of them stands in the place of another, a sum leaves one out, or the value was written"
                        + " before it was complete.");
    }

    private Finding leftBehind(String fact) {
        return new Finding(
                "transfer",
                Checker.lineWith(source, "new TaskGraph("),
                fact + ": the kernel computes, and the host's array has not changed",
                "The result stays on the device: put " + trial.outName() + " into transferToHost.");
    }

    /** The finding for a file whose hole is still empty. */
    static Finding unfinished(Trial trial, int hole, int element, String got) {
        return new Finding(
                "unfinished",
                hole,
                trial.outName() + "[" + element + "] should be " + number(trial.expected()[element]) + "; " + got,
                "Put your code where the file says '" + Checker.HOLE.substring(3) + "'.");
    }

    private Finding unwritten(int element) {
        String out = trial.outName();
        List<Trace.Access> writes = did.writesOf(out);
        if (writes.isEmpty()) {
            return new Finding(
                    "unwritten",
                    Checker.lineWith(source, ".task("),
                    "no work-item writes to " + out + ", so " + out + "[" + element + "] is not "
                            + number(trial.expected()[element]),
                    "The kernel has to call " + out + ".set(index, value).");
        }
        int least = writes.stream().mapToInt(Trace.Access::element).min().getAsInt();
        int most = writes.stream().mapToInt(Trace.Access::element).max().getAsInt();
        return new Finding(
                "unwritten",
                writes.getLast().line(),
                "no work-item writes " + out + "[" + element + "]; what is written lies from " + least + " to " + most
                        + ", and " + out + " has " + trial.expected().length + " elements",
                "A loop, a guard or a grid begins too late or ends too early, or steps over elements.");
    }

    /** The line of a hole with nothing behind it but the end of its block, or 0. */
    static int emptyHole(String source) {
        List<String> lines = source.lines().map(String::strip).toList();
        int hole = Checker.lineWith(source, Checker.HOLE);
        int next = hole;
        while (next < lines.size()
                && (lines.get(next).isEmpty() || lines.get(next).startsWith("//"))) {
            next++;
        }
        return hole > 0 && next < lines.size() && lines.get(next).equals("}") ? hole : 0;
    }

    /** Whether the host's array holds what it began with, though its twin on the device was written. */
    private boolean neverCameBack() {
        for (int i = 0; i < trial.expected().length; i++) {
            if (trial.out().get(i) != UNTOUCHED) {
                return false;
            }
        }
        return true;
    }

    private static String some(Set<Trace.Element> names) {
        List<String> first =
                names.stream().limit(NAMED).map(Trace.Element::toString).toList();
        int more = names.size() - first.size();
        return String.join(", ", first) + (more > 0 ? " and " + more + " more" : "");
    }

    private static String number(float value) {
        return Float.isNaN(value) ? "NaN" : String.format(Locale.ROOT, "%.5g", value);
    }
}
