package org.tornadomor.tasks;

import java.util.List;

/**
 * A task with all that is asked.
 *
 * @param shots examples before each document
 * @param documents of the split, before any limit
 * @param items those that are evaluated
 * @param requests of all items, one behind the other
 * @param starts [items + 1] where the requests of each begin
 * @param cut requests whose context lost its beginning
 */
record PreparedTask(
        TaskConfig task,
        int shots,
        int documents,
        List<Item> items,
        List<TokenRequest> requests,
        int[] starts,
        int cut) {
    /** Tokens that the model sees, counted for each request. */
    long tokens() {
        return requests.stream().mapToLong(request -> request.ids().length - 1L).sum();
    }

    /** Tokens of the longest request that the model sees. */
    int longest() {
        return requests.stream().mapToInt(TokenRequest::inputs).max().orElse(1);
    }
}
