package org.tornadomor.model;

import java.util.Locale;
import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;

/**
 * What a {@link Decoder} has memory for.
 *
 * @param sequences open at a time
 * @param context tokens that a sequence may grow to
 * @param rows tokens that are under way at a time, and the most rows of a tick
 * @param logitRows the most rows of a tick whose logits are wanted
 * @param pageRows tokens of a page, a power of two from 16 on: a vector of scores lies in one page
 * @param outerPages pages for the layers outside of the block that recursions share; all layers without such a block
 * @param blockPages pages for that block, for all depths together
 * @param keys type of keys and values, F32 or BF16
 */
public record DecoderSize(
        int sequences,
        int context,
        int rows,
        int logitRows,
        int pageRows,
        int outerPages,
        int blockPages,
        ElementType keys) {
    /** Tokens of a page unless something else is asked for: the smaller the pages, the less of them stands empty. */
    public static final int PAGE_ROWS = 16;

    /**
     * Checks the sizes.
     *
     * @throws UserError if {@code pageRows} is too small or no power of two
     * @throws IllegalArgumentException if {@code keys} is neither float32 nor bfloat16
     */
    public DecoderSize {
        if (Integer.bitCount(pageRows) != 1 || pageRows < PAGE_ROWS) {
            throw new UserError("a page of " + pageRows + " tokens does not work; use 16, 32 or 64");
        }
        if (keys != ElementType.F32 && keys != ElementType.BF16) {
            throw new IllegalArgumentException("keys and values as " + keys);
        }
        rows = Math.max(rows, sequences);
        logitRows = Math.max(logitRows, sequences);
    }

    /** Memory for every sequence at its full length and depth. */
    public static DecoderSize full(ModelConfig config, int sequences, int context, int rows) {
        KeyLayout layout = new KeyLayout(config);
        long each = pages(context, PAGE_ROWS);
        int outer = layout.outerLayers().isEmpty() ? 0 : pageCount(config, sequences * each);
        int block = pageCount(config, sequences * each * layout.planes());
        return new DecoderSize(sequences, context, rows, sequences, PAGE_ROWS, outer, block, ElementType.F32);
    }

    /**
     * As many pages as fit into a number of bytes, shared out as if tokens went as deep as in balanced training.
     *
     * @throws UserError if one sequence alone could not grow to the context
     */
    public static DecoderSize within(
            ModelConfig config, long bytes, int sequences, int context, int rows, int pageRows, ElementType keys) {
        KeyLayout layout = new KeyLayout(config);
        long page = (long) pageRows * layout.width() * keys.bytes();
        long outerPage = page * layout.outerLayers().size();
        long blockPage = page * layout.blockLayers();
        double planes = layout.expectedPlanes();
        long each = pages(context, pageRows);
        // A sequence alone must fit, however deep its tokens go.
        long least = each * (outerPage + layout.planes() * blockPage);
        if (bytes < least) {
            throw new UserError(String.format(
                    Locale.ROOT,
                    "%,d bytes of keys and values do not hold one sequence of %,d tokens, which takes %,d;"
                            + " allow more memory or a shorter context",
                    bytes,
                    context,
                    least));
        }
        long most = Math.multiplyExact((long) sequences, each);
        long tokens = (long) (bytes / (outerPage + planes * blockPage));
        long outer = outerPage == 0 ? 0 : Math.clamp(tokens, each, most);
        long block = blockPage == 0 ? 0 : Math.min((bytes - outer * outerPage) / blockPage, most * layout.planes());
        if (block < each * layout.planes()) {
            block = each * layout.planes();
            outer = outerPage == 0 ? 0 : (bytes - block * blockPage) / outerPage;
        }
        return new DecoderSize(
                sequences,
                context,
                rows,
                sequences,
                pageRows,
                pageCount(config, outer),
                pageCount(config, block),
                keys);
    }

    private static int pageCount(ModelConfig config, long pages) {
        if (pages > Integer.MAX_VALUE / 64 / (2L * config.kvWidth())) {
            // The cache of one layer is one array, which limits its size.
            long most = Integer.MAX_VALUE / 64 / (2L * config.kvWidth());
            throw new UserError(String.format(
                    Locale.ROOT,
                    "%,d pages of keys and values are more than the %,d that one array holds;"
                            + " use fewer sequences or a shorter context",
                    pages,
                    most));
        }
        return (int) pages;
    }

    /** Pages of so many tokens. */
    static long pages(long tokens, int pageRows) {
        return Math.ceilDiv(tokens, (long) pageRows);
    }

    /** The same with so many logits at a time. */
    public DecoderSize withLogitRows(int count) {
        return new DecoderSize(sequences, context, rows, count, pageRows, outerPages, blockPages, keys);
    }

    /** The same with keys and values of another type. */
    public DecoderSize withKeys(ElementType type) {
        return new DecoderSize(sequences, context, rows, logitRows, pageRows, outerPages, blockPages, type);
    }

    /** Bytes of keys and values. */
    public long keyBytes(ModelConfig config) {
        KeyLayout layout = new KeyLayout(config);
        long row = (long) layout.width() * keys.bytes() * pageRows;
        return row * ((long) outerPages * layout.outerLayers().size() + (long) blockPages * layout.blockLayers());
    }
}
