package org.tornadomor.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;

/**
 * The part of Python's pickle format (protocol 2) with which {@code torch.save} writes a dictionary of tensors. A pickle is a program
 * that may call any function of Python by its name; here it may make only texts, numbers, tuples, lists, dictionaries, storages
 * and tensors, and one that names anything else is refused with that name. No name is looked up or called.
 */
final class Pickle {
    private static final int PROTOCOL = 2;
    private static final int QUOTED = 60;
    private static final Object MARK = new Object();
    private static final Object NONE = new Object();

    private static final String DICTIONARY = "collections.OrderedDict";
    private static final String TENSOR = "torch._utils._rebuild_tensor_v2";
    private static final String PARAMETER = "torch._utils._rebuild_parameter";

    /** Classes of storages, by the type of their elements. */
    private static final Map<String, DType> STORAGES = Map.of(
            "torch.DoubleStorage", DType.F64,
            "torch.FloatStorage", DType.F32,
            "torch.HalfStorage", DType.F16,
            "torch.BFloat16Storage", DType.BF16,
            "torch.LongStorage", DType.I64,
            "torch.IntStorage", DType.I32,
            "torch.ShortStorage", DType.I16,
            "torch.CharStorage", DType.I8,
            "torch.ByteStorage", DType.U8,
            "torch.BoolStorage", DType.BOOL);

    private final ByteBuffer bytes;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();

    /** One of the known names, which the pickle asked for. */
    private record Global(String name) {}

    /**
     * Elements that lie together in a file of their own.
     *
     * @param key the file's name
     */
    record Storage(String key, DType dtype, long elements) {}

    /**
     * A part of a storage.
     *
     * @param offset the first element
     * @param shape outermost first
     * @param strides distances, in elements, of neighbours in each dimension
     */
    record Tensor(Storage storage, long offset, long[] shape, long[] strides) {}

    private Pickle(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads a dictionary of tensors.
     *
     * @throws UserError naming what the pickle holds besides
     */
    static Map<String, Tensor> tensors(byte[] bytes) {
        Pickle pickle = new Pickle(bytes);
        if (!(pickle.run() instanceof Map<?, ?> entries)) {
            throw new UserError("it holds something else than a dictionary of tensors; save model.state_dict() alone");
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : entries.entrySet()) {
            String name = (String) entry.getKey();
            if (!(entry.getValue() instanceof Tensor tensor)) {
                throw new UserError("the entry " + quoted(name)
                        + " is no tensor; save model.state_dict() alone, without the state of an optimiser");
            }
            tensors.put(name, tensor);
        }
        return tensors;
    }

    private Object run() {
        while (true) {
            int code = unsigned(1);
            switch (code) {
                case 0x80 -> protocol();
                case '.' -> {
                    return pop();
                }
                case 'N' -> push(NONE);
                case 0x88 -> push(true);
                case 0x89 -> push(false);
                case 'K' -> push((long) unsigned(1));
                case 'M' -> push((long) unsigned(2));
                case 'J' -> push((long) take(4).getInt());
                case 0x8a -> push(number());
                case 'G' -> push(take(8).order(ByteOrder.BIG_ENDIAN).getDouble());
                case 'X' -> push(text(take(take(4).getInt())));
                case 'q' -> memo.put(unsigned(1), top());
                case 'r' -> memo.put(take(4).getInt(), top());
                case 'h' -> push(remembered(unsigned(1)));
                case 'j' -> push(remembered(take(4).getInt()));
                case '(' -> push(MARK);
                default -> build(code);
            }
        }
    }

    private void build(int code) {
        switch (code) {
            case '}' -> push(new LinkedHashMap<String, Object>());
            case ']' -> push(new ArrayList<>());
            case ')' -> push(List.of());
            case 't' -> push(sinceMark());
            case 0x85 -> push(last(1));
            case 0x86 -> push(last(2));
            case 0x87 -> push(last(3));
            case 'a' -> append(last(1));
            case 'e' -> append(sinceMark());
            case 's' -> put(last(2));
            case 'u' -> put(sinceMark());
            case 'c' -> push(global());
            case 'Q' -> push(storage(as(pop(), List.class)));
            case 'R' -> {
                List<?> arguments = as(pop(), List.class);
                push(call(as(pop(), Global.class).name, arguments));
            }
            case 'b' -> {
                // A dictionary may have attributes beside its entries, the versions of modules: they are dropped.
                as(pop(), Map.class);
                as(top(), Map.class);
            }
            default ->
                throw new UserError("its instruction 0x" + Integer.toHexString(code)
                        + " is none that torch.save writes for tensors; load it in Python and save its state"
                        + " dictionary as safetensors");
        }
    }

    private void protocol() {
        int version = unsigned(1);
        if (version != PROTOCOL) {
            throw new UserError("it is of protocol " + version + " of Python's pickle, and " + PROTOCOL
                    + " is read; save it with torch.save as it is by default");
        }
    }

    /** A whole number of up to 8 bytes, little-endian with a sign. */
    private long number() {
        int count = unsigned(1);
        if (count > Long.BYTES) {
            throw damaged();
        }
        ByteBuffer digits = take(count);
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (digits.get() & 0xffL) << 8 * i;
        }
        int unused = Long.SIZE - 8 * count;
        return count == 0 ? 0 : value << unused >> unused;
    }

    private Global global() {
        String name = line() + "." + line();
        boolean known =
                name.equals(DICTIONARY) || name.equals(TENSOR) || name.equals(PARAMETER) || STORAGES.containsKey(name);
        if (!known) {
            throw new UserError("it asks for " + quoted(name)
                    + " of Python, and files of tensors alone are read; load it in Python, if you trust it, and save"
                    + " its state dictionary as safetensors");
        }
        return new Global(name);
    }

    private String line() {
        int from = bytes.position();
        while (unsigned(1) != '\n') {
            // On to the end of the line.
        }
        return text(bytes.slice(from, bytes.position() - from - 1));
    }

    private static Storage storage(List<?> id) {
        if (id.size() != 5 || !"storage".equals(id.get(0))) {
            throw damaged();
        }
        DType dtype = STORAGES.get(as(id.get(1), Global.class).name);
        if (dtype == null) {
            throw damaged();
        }
        return new Storage(as(id.get(2), String.class), dtype, as(id.get(4), Long.class));
    }

    private static Object call(String function, List<?> arguments) {
        return switch (function) {
            case DICTIONARY -> {
                if (!arguments.isEmpty()) {
                    throw damaged();
                }
                yield new LinkedHashMap<String, Object>();
            }
            case PARAMETER -> as(arguments.isEmpty() ? null : arguments.getFirst(), Tensor.class);
            case TENSOR -> {
                if (arguments.size() != 6) {
                    throw new UserError("a tensor is no plain one (conjugate, negative, or of a class of its own);"
                            + " save it as plain numbers");
                }
                yield new Tensor(
                        as(arguments.get(0), Storage.class),
                        as(arguments.get(1), Long.class),
                        numbers(arguments.get(2)),
                        numbers(arguments.get(3)));
            }
            default -> throw damaged();
        };
    }

    private static long[] numbers(Object tuple) {
        List<?> values = as(tuple, List.class);
        long[] numbers = new long[values.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = as(values.get(i), Long.class);
        }
        return numbers;
    }

    @SuppressWarnings("unchecked")
    private void append(List<Object> values) {
        if (!(top() instanceof ArrayList<?> list)) {
            throw damaged();
        }
        ((List<Object>) list).addAll(values);
    }

    @SuppressWarnings("unchecked")
    private void put(List<Object> entries) {
        if (!(top() instanceof Map<?, ?> map) || entries.size() % 2 != 0) {
            throw damaged();
        }
        for (int i = 0; i < entries.size(); i += 2) {
            String key = as(entries.get(i), String.class);
            if (((Map<String, Object>) map).put(key, entries.get(i + 1)) != null) {
                throw new UserError("it has the entry " + quoted(key) + " twice; save the model anew");
            }
        }
    }

    private void push(Object value) {
        stack.add(value);
    }

    private Object pop() {
        if (stack.isEmpty()) {
            throw damaged();
        }
        return stack.removeLast();
    }

    private Object top() {
        if (stack.isEmpty()) {
            throw damaged();
        }
        return stack.getLast();
    }

    private List<Object> last(int count) {
        if (stack.size() < count) {
            throw damaged();
        }
        return cut(stack.size() - count);
    }

    private List<Object> sinceMark() {
        int mark = stack.lastIndexOf(MARK);
        if (mark < 0) {
            throw damaged();
        }
        List<Object> values = cut(mark + 1);
        stack.removeLast();
        return values;
    }

    private List<Object> cut(int from) {
        List<Object> end = stack.subList(from, stack.size());
        List<Object> values = List.copyOf(end);
        end.clear();
        return values;
    }

    private Object remembered(int key) {
        Object value = memo.get(key);
        if (value == null) {
            throw damaged();
        }
        return value;
    }

    private static <T> T as(Object value, Class<T> type) {
        if (!type.isInstance(value)) {
            throw damaged();
        }
        return type.cast(value);
    }

    private int unsigned(int count) {
        ByteBuffer taken = take(count);
        return count == 1 ? taken.get() & 0xff : taken.getShort() & 0xffff;
    }

    private ByteBuffer take(int count) {
        if (count < 0 || count > bytes.remaining()) {
            throw damaged();
        }
        ByteBuffer taken = bytes.slice(bytes.position(), count).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(bytes.position() + count);
        return taken;
    }

    private static String text(ByteBuffer utf8) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw damaged();
        }
    }

    private static String quoted(String name) {
        String shown = name.replaceAll("\\p{Cntrl}", "?");
        return shown.length() <= QUOTED ? shown : shown.substring(0, QUOTED) + "...";
    }

    private static UserError damaged() {
        return new UserError("it is damaged, or something else than a dictionary of tensors; copy it again");
    }
}
