package org.tornadomor.serving;

import java.util.Optional;
import org.tornadomor.PublicApi;

/**
 * What a {@link ServingLoop} did up to the end of a tick.
 *
 * @param running requests that are being decoded
 * @param waiting requests that have not begun, or were set back
 * @param places requests that can be decoded at a time
 * @param outerPages pages in use, of the layers outside of the shared block
 * @param outerPagesMost how many of them there are
 * @param blockPages pages in use, of the shared block at all depths
 * @param blockPagesMost how many of them there are
 * @param rowsAtDepth [recursions] rows that ran recursion 1, 2, ... since the start; rows count once all their recursions are
 *     done
 * @param rowsWaiting [recursions] rows under way whose next recursion is 1, 2, ...
 * @param statistics sums since the start
 * @param accepting whether requests are taken
 * @param fault why the loop broke, if it did
 */
@PublicApi
public record LoopState(
        int running,
        int waiting,
        int places,
        int outerPages,
        int outerPagesMost,
        int blockPages,
        int blockPagesMost,
        long[] rowsAtDepth,
        int[] rowsWaiting,
        Statistics statistics,
        boolean accepting,
        Optional<String> fault) {
    @Override
    public long[] rowsAtDepth() {
        return rowsAtDepth.clone();
    }

    @Override
    public int[] rowsWaiting() {
        return rowsWaiting.clone();
    }

    /** Whether the loop can still decode. */
    public boolean healthy() {
        return fault.isEmpty();
    }

    LoopState closing(Optional<String> why) {
        return new LoopState(
                running,
                waiting,
                places,
                outerPages,
                outerPagesMost,
                blockPages,
                blockPagesMost,
                rowsAtDepth,
                rowsWaiting,
                statistics,
                false,
                why);
    }
}
