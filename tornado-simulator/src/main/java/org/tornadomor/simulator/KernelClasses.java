package org.tornadomor.simulator;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.attribute.LocalVariableTableAttribute;
import java.lang.constant.ClassDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Checks class files of kernels for what TornadoVM's OpenCL backend needs: a local variable table in every static method
 * with parameters, in which all parameters are named. Without one the backend dies with a NullPointerException. The
 * simulator refuses such a kernel; a test can check whole classes, run or not.
 */
public final class KernelClasses {

    private KernelClasses() {}

    /** {@return what is missing in the static methods of some classes, one line a method; empty if all is well} */
    public static List<String> withoutVariables(Class<?>... classes) {
        List<String> missing = new ArrayList<>();
        for (Class<?> type : classes) {
            missing.addAll(withoutVariables(
                    ClassBytes.read(type.getClassLoader(), type.getName().replace('.', '/'))));
        }
        return missing;
    }

    /** {@return what is missing in one class file} */
    static List<String> withoutVariables(byte[] classFile) {
        List<String> missing = new ArrayList<>();
        for (MethodModel method : ClassFile.of().parse(classFile).methods()) {
            if (method.flags().has(AccessFlag.STATIC)
                    && !method.flags().has(AccessFlag.SYNTHETIC)
                    && method.code().isPresent()) {
                problem(method).ifPresent(missing::add);
            }
        }
        return missing;
    }

    /** {@return what is missing in a static method with code, or nothing} */
    static Optional<String> problem(MethodModel method) {
        if (method.methodTypeSymbol().parameterCount() == 0) {
            return Optional.empty();
        }
        String name = method.parent().orElseThrow().thisClass().asInternalName() + "." + method.methodName();
        CodeAttribute code = (CodeAttribute) method.code().orElseThrow();
        Optional<LocalVariableTableAttribute> table = code.findAttribute(Attributes.localVariableTable());
        if (table.isEmpty()) {
            return Optional.of(name + " has no LocalVariableTable: compile it with -g");
        }
        int slot = 0;
        for (ClassDesc parameter : method.methodTypeSymbol().parameterList()) {
            int wanted = slot;
            if (table.get().localVariables().stream()
                    .noneMatch(variable -> variable.slot() == wanted && variable.startPc() == 0)) {
                return Optional.of(name + " has no name for the parameter in slot " + slot + ": compile it with -g");
            }
            slot += TypeKind.from(parameter).slotSize();
        }
        return Optional.empty();
    }
}
