package org.tornadomor.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.jdi.ArrayReference;
import com.sun.jdi.Bootstrap;
import com.sun.jdi.Location;
import com.sun.jdi.StackFrame;
import com.sun.jdi.VMDisconnectedException;
import com.sun.jdi.Value;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.LaunchingConnector;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.event.StepEvent;
import com.sun.jdi.event.VMStartEvent;
import com.sun.jdi.request.ClassPrepareRequest;
import com.sun.jdi.request.StepRequest;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tornadomor.simulator.kernels.GoodKernels;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** A debugger stops in a barrier kernel, sees its variables, and steps over a barrier within one work-item. */
class DebuggerTest {
    private final List<String> stops = new ArrayList<>();
    private final List<Integer> lines = new ArrayList<>();
    private VirtualMachine machine;

    @Test
    void breakpointInABarrierKernel() throws Exception {
        machine = launch();
        String output;
        try {
            ClassPrepareRequest prepare = machine.eventRequestManager().createClassPrepareRequest();
            prepare.addClassFilter(GoodKernels.class.getName());
            prepare.enable();
            handleAll();
            output = new String(machine.process().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            machine.process().destroy();
        }
        // the additions of the last level: one work-item of each group
        assertEquals(
                List.of(
                        "work-item (0, 0, 0) of group (0, 0, 0): l=0 i=0 d=1 tree=float[8]",
                        "work-item (0, 0, 0) of group (1, 0, 0): l=0 i=8 d=1 tree=float[8]"),
                stops.stream().filter(stop -> stop.contains(" d=1 ")).toList());
        assertEquals(2 * (4 + 2 + 1), stops.size());
        // from the addition over the loop's head and the barrier to the next addition
        assertEquals(List.of(0, -3, -2, -1, 0), lines);
        assertEquals("sums 8.0 8.0", output.strip());
    }

    private static VirtualMachine launch() throws Exception {
        LaunchingConnector connector = Bootstrap.virtualMachineManager().defaultConnector();
        Map<String, Connector.Argument> arguments = connector.defaultArguments();
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        arguments.get("main").setValue(Debuggee.class.getName());
        arguments.get("options").setValue("-cp \"" + path + "\" -Dtornadomor.simulator.workers=1");
        return connector.launch(arguments);
    }

    private void handleAll() throws Exception {
        try {
            while (true) {
                EventSet events = machine.eventQueue().remove();
                for (Event event : events) {
                    handle(event);
                }
                events.resume();
            }
        } catch (VMDisconnectedException expected) {
            // the program has ended
        }
    }

    private void handle(Event event) throws Exception {
        switch (event) {
            case VMStartEvent ignored -> {}
            case ClassPrepareEvent prepared -> {
                Location addition =
                        prepared.referenceType().methodsByName("groupSum").getFirst().allLineLocations().stream()
                                .filter(location -> location.lineNumber() == additionLine())
                                .findFirst()
                                .orElseThrow();
                machine.eventRequestManager().createBreakpointRequest(addition).enable();
            }
            case BreakpointEvent stopped -> {
                stops.add(stopped.thread().name() + ": "
                        + variables(stopped.thread().frame(0)));
                if (lines.isEmpty()) {
                    lines.add(0);
                    StepRequest step = machine.eventRequestManager()
                            .createStepRequest(stopped.thread(), StepRequest.STEP_LINE, StepRequest.STEP_OVER);
                    step.enable();
                }
            }
            case StepEvent step -> {
                lines.add(step.location().lineNumber() - additionLine());
                if (lines.getLast() == 0) {
                    machine.eventRequestManager().deleteEventRequest(step.request());
                }
            }
            default -> {}
        }
    }

    private static int additionLine() {
        Class<?> owner = GoodKernels.class;
        MethodTypeDesc type = MethodType.methodType(
                        void.class, KernelContext.class, FloatArray.class, FloatArray.class, int.class)
                .describeConstable()
                .orElseThrow();
        return new KernelAnalysis(new ClassBytes(owner.getClassLoader()))
                        .summarize(owner.getName().replace('.', '/'), "groupSum", type)
                        .barriers()
                        .getFirst()
                        .line()
                + 2;
    }

    private static String variables(StackFrame frame) throws Exception {
        StringBuilder text = new StringBuilder();
        for (String name : List.of("l", "i", "d", "tree")) {
            Value value = frame.getValue(frame.visibleVariableByName(name));
            String shown = value instanceof ArrayReference array ? "float[" + array.length() + "]" : value.toString();
            text.append(' ').append(name).append('=').append(shown);
        }
        return text.substring(1);
    }
}
