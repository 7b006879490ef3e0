package org.tornadomor.engine;

/**
 * A parameter of a program: what an op reads or writes, known by shape and not by place. A binding puts a tensor in it.
 *
 * @param id position among the program's slots
 * @param name for messages
 * @param type element type
 * @param rows how many rows a run uses; the bound tensor holds at least {@code rows.max()}
 * @param columns columns of a row, a constant of the compiled program
 */
public record Slot(int id, String name, ElementType type, Extent rows, int columns) {
    /** From the id alone: for the hash of all parts the JVM would generate code at the first use, at every start. */
    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public String toString() {
        return name + "[" + rows + ", " + columns + "]";
    }
}
