package org.tornadomor.trainer;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;

/** Workers in this process, one after the other. What they are given goes through bytes, as it would to another machine. */
final class InProcess implements Collective {
    private final List<Engine> engines = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private Plan plan;
    private List<State> states;
    private float[] values;

    /** Before this exchange a worker is lost; negative for never. */
    long lossBefore = -1;

    /** Every exchange is asked for twice, as if the first answer had been lost. */
    boolean twice;

    @Override
    public void begin(Plan newPlan, List<State> newStates) {
        plan = newPlan;
        states = copy(new ArrayList<>(newStates));
        for (State state : states) {
            add(state);
        }
    }

    private void add(State state) {
        engines.add(new CpuEngine(1));
        workers.add(new Worker(engines.getLast(), copy(plan), state));
    }

    @Override
    public void broadcast(float[] floats) {
        values = floats.clone();
    }

    @Override
    public Reduced allReduce(List<Work> work) {
        if (work.getFirst().number() == lossBefore) {
            workers.removeLast().close();
            engines.removeLast().close();
            add(states.getLast());
        }
        float[] sum = new float[values.length];
        List<float[]> reports = new ArrayList<>();
        long bytes = 0;
        for (int rank = 0; rank < work.size(); rank++) {
            Worker worker = workers.get(rank);
            Work share = copy(work.get(rank));
            Worker.Result result = worker.run(share, values);
            if (twice) {
                result = worker.run(share, values);
            }
            reports.add(result.report());
            bytes += share.bytes() + (long) Float.BYTES * values.length;
            for (int i = 0; i < result.chunks().size(); i++) {
                int at = i * Worker.CHUNK;
                int count = Math.min(Worker.CHUNK, values.length - at);
                float[] part = new float[count];
                System.arraycopy(sum, at, part, 0, count);
                worker.sending().addTo(part, count, result.chunks().get(i));
                System.arraycopy(part, 0, sum, at, count);
                bytes += result.chunks().get(i).length;
            }
        }
        return new Reduced(sum, reports, bytes);
    }

    @Override
    public List<State> states() {
        states = workers.stream().map(Worker::state).toList();
        return states;
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
        engines.forEach(Engine::close);
    }

    @SuppressWarnings("unchecked")
    private static <T> T copy(T value) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(value);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                return (T) in.readObject();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
