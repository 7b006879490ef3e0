package org.tornadomor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What programs that embed this one may rely on, against the list that is committed. */
class PublicApiTest {
    @Test
    void itIsWhatTheListSays() throws IOException {
        StringBuilder text =
                new StringBuilder("# Types marked @PublicApi and their public members; written by PublicApiTest.\n");
        types().values().forEach(type -> describe(text, type));
        CommittedText.requireSame("docs/api.txt", text.toString(), PublicApiTest.class);
    }

    @Test
    void allOfItIsPublic() {
        Set<String> hidden = types().values().stream()
                .filter(type -> !Modifier.isPublic(type.getModifiers()))
                .map(Class::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of(), hidden);
    }

    private static Map<String, Class<?>> types() {
        Map<String, Class<?>> types = new TreeMap<>();
        new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("org.tornadomor")
                        .stream()
                        .filter(type -> type.isAnnotatedWith(PublicApi.class))
                        .forEach(type -> types.put(type.getName(), type.reflect()));
        assertTrue(types.containsKey("org.tornadomor.language.LanguageModel"), types.keySet()::toString);
        return types;
    }

    private static void describe(StringBuilder text, Class<?> type) {
        text.append('\n').append(header(type)).append('\n');
        members(type).forEach(line -> text.append("    ").append(line).append('\n'));
        Arrays.stream(type.getDeclaredClasses())
                .filter(inner -> Modifier.isPublic(inner.getModifiers()))
                .sorted((one, other) -> one.getName().compareTo(other.getName()))
                .forEach(inner -> describe(text, inner));
    }

    private static String header(Class<?> type) {
        String kind = type.isRecord() ? "record" : type.isEnum() ? "enum" : type.isInterface() ? "interface" : "class";
        String flags = Modifier.toString(
                type.getModifiers() & (Modifier.FINAL | (type.isInterface() ? 0 : Modifier.ABSTRACT)));
        StringBuilder header = new StringBuilder(flags.isEmpty() ? "" : flags + " ")
                .append(type.isSealed() ? "sealed " : "")
                .append(kind)
                .append(' ')
                .append(type.getName());
        if (type.getSuperclass() != null && kind.equals("class") && type.getSuperclass() != Object.class) {
            header.append(" extends ").append(type.getSuperclass().getName());
        }
        if (type.getInterfaces().length > 0) {
            header.append(kind.equals("interface") ? " extends " : " implements ")
                    .append(Arrays.stream(type.getInterfaces())
                            .map(Class::getName)
                            .collect(Collectors.joining(", ")));
        }
        return header.toString();
    }

    private static Set<String> members(Class<?> type) {
        List<Member> members = new ArrayList<>();
        members.addAll(Arrays.asList(type.getDeclaredFields()));
        members.addAll(Arrays.asList(type.getDeclaredConstructors()));
        members.addAll(Arrays.asList(type.getDeclaredMethods()));
        Set<String> lines = new TreeSet<>();
        for (Member member : members) {
            boolean visible = (member.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0;
            if (visible && !member.isSynthetic()) {
                lines.add((((AnnotatedElement) member).isAnnotationPresent(Deprecated.class) ? "deprecated " : "")
                        + line(member));
            }
        }
        return lines;
    }

    private static String line(Member member) {
        int modifiers =
                member.getModifiers() & (Modifier.STATIC | Modifier.FINAL | Modifier.ABSTRACT | Modifier.PROTECTED);
        String flags = modifiers == 0 ? "" : Modifier.toString(modifiers) + " ";
        return switch (member) {
            case Field field -> flags + field.getGenericType().getTypeName() + " " + field.getName();
            case Constructor<?> made -> flags + "new" + parameters(made);
            case Method method ->
                flags + (method.isDefault() ? "default " : "")
                        + method.getGenericReturnType().getTypeName() + " " + method.getName() + parameters(method);
            default -> throw new AssertionError(member);
        };
    }

    private static String parameters(Executable member) {
        String thrown = Arrays.stream(member.getGenericExceptionTypes())
                .map(type -> type.getTypeName())
                .collect(Collectors.joining(", "));
        return Stream.of(member.getGenericParameterTypes())
                        .map(type -> type.getTypeName())
                        .collect(Collectors.joining(", ", "(", ")"))
                + (thrown.isEmpty() ? "" : " throws " + thrown);
    }
}
