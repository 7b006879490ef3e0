package org.tornadomor.lessons;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.tornadomor.UserError;
import uk.ac.manchester.tornado.api.KernelContext;

/** Compiles one source file in memory, as kernels need it: with the names of local variables. */
final class LearnersClass {
    private LearnersClass() {}

    /** A source file that does not compile; the message has its line. */
    static final class DoesNotCompile extends Exception {
        private static final long serialVersionUID = 1L;

        private final long line;

        DoesNotCompile(long line, String message) {
            super(message);
            this.line = line;
        }

        long line() {
            return line;
        }
    }

    /**
     * Finds the method {@code plan} in a source file.
     *
     * @param fileName the file's name, for messages
     * @param parameters the types that it takes
     * @throws DoesNotCompile if it does not compile, or has no such method
     */
    static Method plan(String fileName, String source, List<Class<?>> parameters) throws DoesNotCompile {
        Map<String, byte[]> classes = compile(fileName, source);
        Loader loader = new Loader(classes);
        for (String name : classes.keySet()) {
            try {
                Method plan = loader.loadClass(name).getDeclaredMethod("plan", parameters.toArray(Class<?>[]::new));
                plan.setAccessible(true);
                return plan;
            } catch (NoSuchMethodException e) {
                // another class of the file may have it
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(e);
            }
        }
        String types =
                String.join(", ", parameters.stream().map(Class::getSimpleName).toList());
        throw new DoesNotCompile(
                1, "no class has a static method plan(" + types + "), which the exercise asks for; put it back");
    }

    private static Map<String, byte[]> compile(String fileName, String source) throws DoesNotCompile {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new UserError("this Java has no compiler; run lessons on a JDK, not a runtime (JAVA_HOME)");
        }
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        Map<String, byte[]> classes = new TreeMap<>();
        StandardJavaFileManager standard = compiler.getStandardFileManager(problems, Locale.ROOT, null);
        JavaFileManager manager = new ForwardingJavaFileManager<>(standard) {
            @Override
            public JavaFileObject getJavaFileForOutput(
                    Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
                return new Compiled(className, classes);
            }
        };
        List<String> options =
                List.of("-g", "-proc:none", "-implicit:none", "-cp", api(), "-XDstringConcat=inline", "-Xlint:none");
        boolean compiled = compiler.getTask(
                        null, manager, problems, options, null, List.of(new Source(fileName, source)))
                .call();
        if (!compiled) {
            Diagnostic<? extends JavaFileObject> first = problems.getDiagnostics().stream()
                    .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
                    .findFirst()
                    .orElseThrow();
            throw new DoesNotCompile(
                    first.getLineNumber(), first.getMessage(Locale.ROOT).replaceAll("\\s*\\R\\s*", ", "));
        }
        return classes;
    }

    /** What a learner's file needs: the API, wherever it lies. */
    private static String api() {
        try {
            return Path.of(KernelContext.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        /** Compilers want a public class in a file of its name: learners may call theirs as they like. */
        Source(String fileName, String text) {
            super(URI.create("string:///" + fileName.replaceAll("[^A-Za-z0-9_.]", "_")), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return true;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static final class Compiled extends SimpleJavaFileObject {
        private final String name;
        private final Map<String, byte[]> classes;

        Compiled(String name, Map<String, byte[]> classes) {
            super(URI.create("memory:///" + name.replace('.', '/') + ".class"), Kind.CLASS);
            this.name = name;
            this.classes = classes;
        }

        @Override
        public OutputStream openOutputStream() {
            return new ByteArrayOutputStream() {
                @Override
                public void close() {
                    classes.put(name, toByteArray());
                }
            };
        }
    }

    /** Gives class files away as well, since the simulator reads those of kernels. */
    private static final class Loader extends ClassLoader {
        private final Map<String, byte[]> classes;

        Loader(Map<String, byte[]> classes) {
            super(LearnersClass.class.getClassLoader());
            this.classes = classes;
        }

        /** Its own classes first: a solution that a learner checks is packed with the lessons too. */
        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!classes.containsKey(name)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                byte[] bytes = classes.get(name);
                return loaded != null ? loaded : defineClass(name, bytes, 0, bytes.length);
            }
        }

        @Override
        public InputStream getResourceAsStream(String name) {
            byte[] bytes = name.endsWith(".class")
                    ? classes.get(
                            name.substring(0, name.length() - ".class".length()).replace('/', '.'))
                    : null;
            return bytes == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(bytes);
        }
    }
}
