package org.tornadomor.cli.cluster;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.Installation;

/**
 * The folder {@code spark} of the program, with the module {@code cluster} and the jars of Spark. They are loaded behind the
 * program's own libraries, whose versions so win, and only if somebody wants a cluster.
 */
final class ClusterFolder {
    private static final String FOLDER = "spark";
    private static final String MODULE = "cluster.jar";
    private static final String JARS = "jars";

    private ClusterFolder() {}

    /** The clusters that there are: on the class path, as under spark-submit, else in the folder. */
    static List<ClusterProvider> providers() {
        List<ClusterProvider> there = load(Thread.currentThread().getContextClassLoader());
        Path folder = Installation.beside(FOLDER);
        if (!there.isEmpty() || folder == null || !Files.exists(folder.resolve(MODULE))) {
            return there;
        }
        List<URL> urls = new ArrayList<>();
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder.resolve(JARS), "*.jar")) {
            urls.add(url(folder.resolve(MODULE)));
            for (Path jar : jars) {
                urls.add(url(jar));
            }
        } catch (IOException e) {
            throw new UserError(folder + " lacks the jars of Spark; build them with " + ClusterProvider.BUILD, e);
        }
        // Open as long as this JVM runs: Spark's threads load classes to the end.
        ClassLoader loader =
                new URLClassLoader(FOLDER, urls.toArray(URL[]::new), ClusterProvider.class.getClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        return load(loader);
    }

    private static URL url(Path jar) throws MalformedURLException {
        return jar.toUri().toURL();
    }

    private static List<ClusterProvider> load(ClassLoader loader) {
        return ServiceLoader.load(ClusterProvider.class, loader).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }
}
