package org.tornadomor.data;

import org.tornadomor.UserError;

/** Takes documents one by one. */
@FunctionalInterface
public interface DocumentConsumer {
    /** Takes a document and says whether more are wanted. */
    boolean accept(Document document);

    /**
     * Is told of a document that cannot be read, such as one that is not valid UTF-8; reading goes on if this returns.
     *
     * @throws UserError the given error, unless such documents may be left out
     */
    default void invalid(UserError error) {
        throw error;
    }
}
