package org.tornadomor.cli.options;

import java.util.Locale;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.Processors;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.cpu.products.ProductProvider;
import org.tornadomor.engine.tornado.DeviceInfo;
import org.tornadomor.engine.tornado.Devices;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import picocli.CommandLine.Option;

/** On which engine and device a command computes, and what it reports of that. */
public class EngineChoice {
    public static final String ENGINE = "--engine";
    public static final String DEVICE = "--device";
    public static final String THREADS = "--threads";
    public static final String PRODUCTS = "--products";
    public static final String PRECISION = "--precision";
    public static final String REPORT = "--report";

    /** What can be reported. */
    private enum Report {
        TRANSFERS;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = ENGINE,
            paramLabel = "NAME",
            description =
                    "What computes: auto (an accelerator through TornadoVM if there is one, else the CPU; default),"
                            + " cpu, tornado (an installed TornadoVM) or simulator (its kernels on the JVM, strictly checked).")
    private EngineKind engine = EngineKind.AUTO;

    @Option(
            names = DEVICE,
            paramLabel = "BACKEND:INDEX",
            description = "The device of TornadoVM, as 'tornado-mor devices' lists them, such as opencl:0 or 0:1."
                    + " Default: the first accelerator, else the first device.")
    private String device;

    @Option(
            names = PRODUCTS,
            paramLabel = "NAME",
            description =
                    "Who computes the matrix products of the cpu engine, which this option chooses unless another is"
                            + " given: java, onednn (the library oneDNN where it is installed, else Java) or auto (oneDNN where a"
                            + " short measurement shows it to be 1.3 times as fast). Default: java, and onednn for bfloat16.")
    private ProductProvider products;

    @Option(
            names = REPORT,
            paramLabel = "WHAT",
            description = "transfers: show on standard error what moved between host and device, what was computed and"
                    + " what was skipped, step by step and depth by depth.")
    private Report report;

    /**
     * The engine that the options mean together: {@code auto} gives way if another option fits only one engine.
     *
     * @param device whether a device is named: only TornadoVM has devices
     * @param threads whether a number of threads is given, or who computes products: only the CPU engine has those
     */
    public static EngineKind narrow(EngineKind engine, boolean device, boolean threads) {
        if (engine != EngineKind.AUTO) {
            return engine;
        }
        return device ? EngineKind.TORNADO : threads ? EngineKind.CPU : EngineKind.AUTO;
    }

    /** Whether {@code --report transfers} was given. */
    public final boolean reportsTransfers() {
        return report == Report.TRANSFERS;
    }

    /**
     * The engine that was asked for; the caller closes it.
     *
     * @param asked whether the command line names a number of threads
     * @param threads of the CPU engine, 0 for all processors
     * @param precision of products
     * @throws UserError if the options make no sense, or this JVM was not started for that engine
     */
    public final Engine open(boolean asked, int threads, Precision precision) {
        return switch (kind(asked, precision)) {
            case TORNADO -> {
                requireSdk();
                yield new TornadoEngine(options());
            }
            case SIMULATOR -> {
                requireSimulator();
                yield new TornadoEngine(options());
            }
            default ->
                new CpuEngine(
                        threads == 0 ? Processors.count() : Processors.require(nameOf(asked), threads),
                        provider(precision),
                        precision,
                        Notes::say);
        };
    }

    private ProductProvider provider(Precision precision) {
        if (products != null) {
            return products;
        }
        return precision == Precision.FLOAT32 ? ProductProvider.JAVA : ProductProvider.ONEDNN;
    }

    private static String nameOf(boolean asked) {
        return asked ? THREADS : "the configuration's threads (" + THREADS + " goes over it)";
    }

    private EngineKind kind(boolean threads, Precision precision) {
        boolean rounds = precision != Precision.FLOAT32;
        EngineKind kind = narrow(engine, device != null, threads || products != null || rounds);
        if (kind == EngineKind.AUTO) {
            boolean accelerated = Devices.runtime() == Devices.Runtime.SDK
                    && Devices.list().stream().anyMatch(DeviceInfo::accelerator);
            return accelerated ? EngineKind.TORNADO : EngineKind.CPU;
        }
        if (kind == EngineKind.CPU && device != null) {
            throw new UserError("the cpu engine has no devices; leave out " + DEVICE + " or " + ENGINE + " cpu");
        }
        if (kind != EngineKind.CPU && threads) {
            throw new UserError(THREADS + " is for the cpu engine, and a device has its own; leave out " + THREADS
                    + " or choose " + ENGINE + " cpu");
        }
        if (kind != EngineKind.CPU && products != null) {
            throw new UserError(PRODUCTS + " is for the cpu engine; leave it out or choose " + ENGINE + " cpu");
        }
        if (kind != EngineKind.CPU && rounds) {
            throw new UserError("products in " + precision + " are for the cpu engine; leave out " + PRECISION
                    + " or choose " + ENGINE + " cpu");
        }
        return kind;
    }

    private EngineOptions options() {
        EngineOptions options = EngineOptions.standard().withDevice(device);
        return reportsTransfers() ? options.withProfile() : options;
    }

    /**
     * Refuses a JVM that was started without an SDK: it cannot load one later. The launcher chooses, and the user may not have
     * used the launcher.
     *
     * @throws UserError if this JVM has no SDK
     */
    public static void requireSdk() {
        if (Devices.runtime() != Devices.Runtime.SDK) {
            Sdk sdk = Sdk.find().orElseThrow(() -> new UserError(Sdk.MISSING));
            throw new UserError("this JVM was started without TornadoVM; use the launcher (" + Installation.NAME
                    + " ... " + ENGINE + " tornado), or start java with @"
                    + sdk.home().resolve("tornado-argfile") + " and " + Sdk.NO_BAILOUT);
        }
    }

    /** @throws UserError if this JVM has another TornadoVM than the simulator */
    public static void requireSimulator() {
        switch (Devices.runtime()) {
            case SDK ->
                throw new UserError("this JVM was started with an installed TornadoVM, and that excludes the simulator;"
                        + " start it without the flags of the SDK, as the launcher does, or use " + ENGINE
                        + " tornado");
            case NONE ->
                throw new UserError("this build has no simulator: it was compiled against TornadoVM itself; build it"
                        + " without -Ptornadovm, or use " + ENGINE + " cpu");
            case SIMULATOR -> {}
        }
    }
}
