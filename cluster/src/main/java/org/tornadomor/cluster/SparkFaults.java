package org.tornadomor.cluster;

import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.UserError;

/** What Spark says of a fault in many lines, in one. */
final class SparkFaults {
    private static final Pattern USER_ERROR = Pattern.compile("org\\.tornadomor\\.UserError: ([^\\n]+)");
    private static final Pattern CAUSE = Pattern.compile("most recent failure: ([^\\n]+)");

    private SparkFaults() {}

    /** @throws UserError with the cause, if Spark gives the job up */
    static <T> T inOneLine(Supplier<T> job) {
        try {
            return job.get();
        } catch (UserError e) {
            throw e;
        } catch (Exception e) {
            // All of them: Scala's methods throw checked exceptions without saying so.
            throw told(e);
        }
    }

    static UserError told(Exception e) {
        String text = String.valueOf(e.getMessage());
        Matcher ours = USER_ERROR.matcher(text);
        if (ours.find()) {
            return new UserError("a worker could not go on: " + ours.group(1).strip(), e);
        }
        if (text.contains("stopped SparkContext") || text.contains("SparkContext was shut down")) {
            return new UserError(
                    "Spark has ended, or nobody answers at its master: check --master, and the log of the master", e);
        }
        if (text.contains("Could not parse Master URL")) {
            return new UserError(
                    "Spark does not understand its master (" + text + "): use spark://HOST:PORT, yarn, local[N] or"
                            + " local-cluster[N,CORES,MIB]",
                    e);
        }
        Matcher cause = CAUSE.matcher(text);
        boolean lost = cause.find();
        String why = (lost ? cause.group(1) : text.lines().findFirst().orElse(e.toString())).strip();
        return new UserError(
                lost
                        ? "Spark gave a job up (" + why + "): see the logs of its executors"
                        : "Spark cannot go on (" + why + "): change --master or --spark-conf",
                e);
    }
}
