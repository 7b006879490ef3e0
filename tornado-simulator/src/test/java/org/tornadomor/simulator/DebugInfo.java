package org.tornadomor.simulator;

import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LocalVariable;
import java.util.Set;
import java.util.TreeSet;

/** What a debugger sees of a method. */
final class DebugInfo {

    private DebugInfo() {}

    static Set<Integer> lines(MethodModel method) {
        Set<Integer> lines = new TreeSet<>();
        method.code().orElseThrow().forEach(element -> {
            if (element instanceof LineNumber number) {
                lines.add(number.line());
            }
        });
        return lines;
    }

    static Set<String> variables(MethodModel method) {
        Set<String> variables = new TreeSet<>();
        method.code().orElseThrow().forEach(element -> {
            if (element instanceof LocalVariable variable) {
                variables.add(variable.name() + " " + variable.type().stringValue());
            }
        });
        return variables;
    }
}
