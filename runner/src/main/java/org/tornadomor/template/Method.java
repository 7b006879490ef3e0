package org.tornadomor.template;

/** A method of a value, or a function, which has none. */
record Method(Evaluator run, Object self, Registry.Builtin builtin) implements Callable {
    @Override
    public Object call(Arguments arguments) {
        return builtin.apply(run, self, arguments);
    }

    @Override
    public String described() {
        return self == null ? "function" : "method";
    }
}
