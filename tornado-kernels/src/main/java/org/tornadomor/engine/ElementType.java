package org.tornadomor.engine;

/** What an arena holds: numbers or indices. Both take four bytes. */
public enum ElementType {
    F32,
    I32
}
