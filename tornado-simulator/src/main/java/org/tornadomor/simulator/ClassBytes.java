package org.tornadomor.simulator;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.Map;

/** The class files behind the classes of a loader. */
final class ClassBytes {

    private final ClassLoader loader;
    private final Map<String, ClassModel> models = new HashMap<>();

    ClassBytes(ClassLoader loader) {
        this.loader = loader == null ? ClassLoader.getSystemClassLoader() : loader;
    }

    /** {@return a class file, or null for classes that have none} */
    static byte[] read(ClassLoader loader, String internalName) {
        try (InputStream in = loader.getResourceAsStream(internalName + ".class")) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("class file of " + internalName, e);
        }
    }

    /** {@return a method of a class, or null where there is no class file or no such method} */
    MethodModel method(String owner, String name, MethodTypeDesc type) {
        ClassModel model = models.computeIfAbsent(owner, this::parse);
        if (model == null) {
            return null;
        }
        return model.methods().stream()
                .filter(m -> m.methodName().equalsString(name) && m.methodType().equalsString(type.descriptorString()))
                .findFirst()
                .orElse(null);
    }

    private ClassModel parse(String owner) {
        byte[] bytes = owner.startsWith("java/") ? null : read(loader, owner);
        return bytes == null ? null : ClassFile.of().parse(bytes);
    }
}
