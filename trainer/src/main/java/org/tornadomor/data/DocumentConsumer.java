package org.tornadomor.data;

/** Takes documents one by one. */
@FunctionalInterface
public interface DocumentConsumer {
    /** Takes a document and says whether more are wanted. */
    boolean accept(Document document);
}
