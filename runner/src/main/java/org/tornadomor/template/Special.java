package org.tornadomor.template;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Supplier;

/** The values that JSON does not have. */
sealed interface Special
        permits Special.Undefined,
                Special.Tuple,
                Special.Generator,
                Special.Range,
                Special.View,
                Special.Namespace,
                Special.Markup,
                Callable {

    /**
     * What a missing variable or item gives.
     *
     * @param message what to say when it is used
     * @param strict whether printing and testing is use already
     */
    record Undefined(String message, boolean strict) implements Special {
        Fault fault() {
            return Fault.value(message);
        }

        /** Fails if already looking at it is an error. */
        void look() {
            if (strict) {
                throw fault();
            }
        }
    }

    /**
     * A tuple.
     *
     * @param group whether its items are called grouper and list, as those of the filter groupby
     */
    record Tuple(List<Object> items, boolean group) implements Special {
        static Tuple of(Object... items) {
            return new Tuple(Arrays.asList(items), false);
        }
    }

    /** Items that can be gone through once, computed when they are asked for. */
    final class Generator implements Special, Iterator<Object> {
        private final Supplier<Iterator<?>> source;
        private Iterator<?> items;

        Generator(Supplier<Iterator<?>> source) {
            this.source = source;
        }

        @Override
        public boolean hasNext() {
            if (items == null) {
                items = source.get();
            }
            return items.hasNext();
        }

        @Override
        public Object next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return items.next();
        }
    }

    /** {@code range(start, stop, step)}; the step is not 0. */
    record Range(long start, long stop, long step) implements Special {
        long size() {
            if (step > 0 ? start >= stop : start <= stop) {
                return 0;
            }
            // The difference of two longs may need 65 bits.
            long span = step > 0 ? stop - start - 1 : start - stop - 1;
            return Long.divideUnsigned(span, step > 0 ? step : -step) + 1;
        }

        Iterator<Object> iterator() {
            return new Iterator<>() {
                private long next;

                @Override
                public boolean hasNext() {
                    return next < size();
                }

                @Override
                public Object next() {
                    return get(next++);
                }
            };
        }

        Object get(long index) {
            return start + index * step;
        }
    }

    /** What {@code keys()}, {@code values()} and {@code items()} of a map give. */
    record View(Kind kind, Map<?, ?> map) implements Special {
        enum Kind {
            KEYS,
            VALUES,
            ITEMS
        }

        Iterator<Object> iterator() {
            Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return entries.hasNext();
                }

                @Override
                public Object next() {
                    Map.Entry<?, ?> entry = entries.next();
                    return switch (kind) {
                        case KEYS -> entry.getKey();
                        case VALUES -> entry.getValue();
                        case ITEMS -> Tuple.of(entry.getKey(), entry.getValue());
                    };
                }
            };
        }
    }

    /** {@code namespace()}: the one value whose attributes can be set. */
    record Namespace(Map<Object, Object> attributes) implements Special {
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** Text that was escaped for HTML. */
    record Markup(String text) implements Special {
        public Markup {
            Objects.requireNonNull(text);
        }
    }
}
