package org.tornadomor.trainer;

/** Weights that stay as they are. */
public enum Freeze {
    /** None: everything is trained. */
    NONE,
    /** The layers that recursions share; low-rank factors, routers, embedding and other layers are trained. */
    SHARED,
    /** The low-rank factors. */
    LORA
}
