package org.tornadomor.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.constant.ClassDesc;
import java.lang.reflect.AccessFlag;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The public face of an API, read from class files without loading a class: for each public class its modifiers, and a
 * line for each public or protected member with descriptor, generic signature, modifiers and constant value. Superclasses,
 * interfaces and enum constants are lines too, and so are the settings of annotation types.
 */
final class ApiSignatures {

    private static final String ROOT = "uk/ac/manchester/tornado/api";

    private ApiSignatures() {}

    /** {@return the lines of each public class below a folder of class files} */
    static SortedMap<String, Set<String>> ofFolder(Path folder) throws IOException {
        return read(folder.resolve(ROOT));
    }

    /** {@return the lines of each public class of a jar} */
    static SortedMap<String, Set<String>> ofJar(Path jar) throws IOException {
        try (FileSystem files = FileSystems.newFileSystem(jar)) {
            return read(files.getPath("/" + ROOT));
        }
    }

    private static SortedMap<String, Set<String>> read(Path root) throws IOException {
        SortedMap<String, Set<String>> classes = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root)) {
            paths.filter(path -> path.toString().endsWith(".class")
                            && !path.getFileName().toString().equals("package-info.class"))
                    .forEach(path -> add(classes, path));
        }
        return classes;
    }

    private static void add(SortedMap<String, Set<String>> classes, Path path) {
        try {
            ClassModel model = ClassFile.of().parse(Files.readAllBytes(path));
            if (model.flags().has(AccessFlag.PUBLIC)) {
                classes.put(model.thisClass().asInternalName(), lines(model));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> lines(ClassModel model) {
        Set<String> lines = new TreeSet<>();
        lines.add("extends "
                + model.superclass().map(entry -> entry.asInternalName()).orElse("nothing"));
        model.interfaces().forEach(entry -> lines.add("implements " + entry.asInternalName()));
        for (AccessFlag flag : List.of(
                AccessFlag.FINAL, AccessFlag.ABSTRACT, AccessFlag.INTERFACE, AccessFlag.ENUM, AccessFlag.ANNOTATION)) {
            lines.add(model.flags().has(flag) ? "is " + flag : "is not " + flag);
        }
        model.findAttribute(Attributes.signature())
                .ifPresent(attribute ->
                        lines.add("signature " + attribute.signature().stringValue()));
        model.findAttribute(Attributes.runtimeVisibleAnnotations())
                .ifPresent(all -> all.annotations()
                        .forEach(annotation ->
                                lines.add("annotated " + annotation.className().stringValue()
                                        + annotation.elements().stream()
                                                .map(element -> text(element.value()))
                                                .toList())));
        int ordinal = 0;
        for (FieldModel field : model.fields()) {
            if (isVisible(field.flags().flags())) {
                String place = field.flags().has(AccessFlag.ENUM) ? " constant " + ordinal++ : "";
                lines.add("field " + field.fieldName() + " " + field.fieldType().stringValue()
                        + modifiers(field.flags().flags())
                        + signature(field.findAttribute(Attributes.signature())
                                .map(a -> a.signature())
                                .orElse(null))
                        + field.findAttribute(Attributes.constantValue())
                                .map(value -> " = " + value.constant().constantValue())
                                .orElse("")
                        + place);
            }
        }
        for (MethodModel method : model.methods()) {
            if (isVisible(method.flags().flags()) && !method.flags().has(AccessFlag.SYNTHETIC)) {
                lines.add("method " + method.methodName() + method.methodType().stringValue()
                        + modifiers(method.flags().flags())
                        + signature(method.findAttribute(Attributes.signature())
                                .map(a -> a.signature())
                                .orElse(null))
                        + method.findAttribute(Attributes.exceptions())
                                .map(e -> " throws "
                                        + e.exceptions().stream()
                                                .map(entry -> entry.asInternalName())
                                                .toList())
                                .orElse(""));
            }
        }
        return lines;
    }

    private static boolean isVisible(Set<AccessFlag> flags) {
        return flags.contains(AccessFlag.PUBLIC) || flags.contains(AccessFlag.PROTECTED);
    }

    /** Varargs is how a caller compiles; synchronized and the like are nobody's business. */
    private static String modifiers(Set<AccessFlag> flags) {
        List<String> kept = new ArrayList<>();
        for (AccessFlag flag : List.of(
                AccessFlag.PUBLIC,
                AccessFlag.PROTECTED,
                AccessFlag.STATIC,
                AccessFlag.FINAL,
                AccessFlag.ABSTRACT,
                AccessFlag.VARARGS)) {
            if (flags.contains(flag)) {
                kept.add(flag.name());
            }
        }
        return " " + kept;
    }

    private static String signature(Utf8Entry entry) {
        return entry == null ? "" : " " + entry.stringValue();
    }

    private static String text(AnnotationValue value) {
        return switch (value) {
            case AnnotationValue.OfEnum constant -> constant.constantName().stringValue();
            case AnnotationValue.OfArray array ->
                array.values().stream().map(ApiSignatures::text).toList().toString();
            case AnnotationValue.OfConstant constant -> constant.constant().toString();
            case AnnotationValue.OfClass type ->
                ClassDesc.ofDescriptor(type.className().stringValue()).displayName();
            case AnnotationValue.OfAnnotation nested -> nested.annotation().toString();
        };
    }
}
