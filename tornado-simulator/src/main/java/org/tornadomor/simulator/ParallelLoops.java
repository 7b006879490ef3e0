package org.tornadomor.simulator;

import java.lang.classfile.Attributes;
import java.lang.classfile.TypeAnnotation;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import uk.ac.manchester.tornado.api.annotations.Parallel;

/** Finds the variables of parallel loops by their annotation. */
final class ParallelLoops {

    private static final String PARALLEL = Parallel.class.descriptorString();

    private ParallelLoops() {}

    /**
     * One loop.
     *
     * @param slot of its variable
     * @param start where the variable begins to live, right behind its first assignment
     * @param end where it ceases to
     */
    record Loop(int slot, int start, int end) {
        /** {@return whether an assignment to a slot, which ends at an index, is one to this variable} */
        boolean assigns(int assignedSlot, int behind) {
            return assignedSlot == slot && behind >= start && behind <= end;
        }
    }

    /** {@return the loops of a method, the outermost first} */
    static List<Loop> of(CodeAttribute code) {
        List<Loop> loops = new ArrayList<>();
        code.findAttribute(Attributes.runtimeVisibleTypeAnnotations()).ifPresent(all -> {
            for (TypeAnnotation annotation : all.annotations()) {
                if (annotation.annotation().className().equalsString(PARALLEL)
                        && annotation.targetInfo() instanceof TypeAnnotation.LocalVarTarget target) {
                    for (TypeAnnotation.LocalVarTargetInfo range : target.table()) {
                        loops.add(new Loop(
                                range.index(), code.labelToBci(range.startLabel()), code.labelToBci(range.endLabel())));
                    }
                }
            }
        });
        loops.sort(Comparator.comparingInt(Loop::start));
        return loops;
    }
}
