package org.tornadomor.model;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Keys and values of prompts that may come again, page by page of tokens: a chain of entries, each for {@code pageRows} tokens
 * behind those of its parent. A causal router decides from the prefix alone, so the same tokens with the same routing settings
 * have the same keys at every depth. An entry knows how many rows each plane has at its end, and holds the pages that its tokens
 * touched. Entries that nobody needs are forgotten when pages are short, the least recently used first.
 *
 * <p>At a deeper plane an entry seldom ends with a page. Its last page is read only up to the entry's rows, and copied by
 * whoever goes on from it, since the sequence that it came from may go on writing behind them.
 */
final class PrefixCache {
    /** Tokens behind a parent's. */
    private static final class Entry {
        final long hash;
        final Entry parent;
        final int[] tokens;
        final byte[] depths;
        final float threshold;
        final int deepest;
        /** By plane: rows at the end, the number of the first page that the tokens touched, and these pages. */
        final int[] rows;

        final int[] firstPage;
        final int[][] pages;
        int children;

        Entry(long hash, Entry parent, int[] tokens, byte[] depths, float threshold, int deepest, int planes) {
            this.hash = hash;
            this.parent = parent;
            this.tokens = tokens;
            this.depths = depths;
            this.threshold = threshold;
            this.deepest = deepest;
            rows = new int[planes + 1];
            firstPage = new int[planes + 1];
            pages = new int[planes + 1][];
        }
    }

    private final KeyPages keys;
    private final int pageRows;
    private final int planes;
    /**
     * In the order of their last use. The key is a hash over the entry's and all earlier tokens; the tokens are compared as
     * well.
     */
    private final Map<Long, Entry> entries = new LinkedHashMap<>(64, 0.75f, true);

    PrefixCache(KeyPages keys) {
        this.keys = keys;
        pageRows = keys.pageRows();
        planes = keys.layout().planes();
    }

    private long hash(long before, int[] ids, int from, float threshold, int deepest) {
        long h = before == 0 ? 31L * Float.floatToIntBits(threshold) + deepest : before;
        for (int i = from; i < from + pageRows; i++) {
            h = (h ^ ids[i]) * 0x9E3779B97F4A7C15L;
            h ^= h >>> 29;
        }
        return h == 0 ? 1 : h;
    }

    private Entry find(long hash, Entry parent, int[] ids, int from, float threshold, int deepest) {
        Entry entry = entries.get(hash);
        boolean same = entry != null
                && entry.parent == parent
                && entry.threshold == threshold
                && entry.deepest == deepest
                && Arrays.equals(entry.tokens, 0, pageRows, ids, from, from + pageRows);
        return same ? entry : null;
    }

    /**
     * Gives an empty sequence the keys of as many of its first tokens as are known, but never of the last.
     *
     * @param depths filled with the recursions of those tokens
     * @return how many tokens
     */
    int adopt(int sequence, int[] ids, int count, float threshold, int deepest, int[] depths) {
        Entry last = null;
        long hash = 0;
        int length = 0;
        while (length + pageRows < count) {
            hash = hash(hash, ids, length, threshold, deepest);
            Entry next = find(hash, last, ids, length, threshold, deepest);
            if (next == null) {
                break;
            }
            last = next;
            length += pageRows;
        }
        touch(last);
        // A deeper plane's last page is copied, which takes a free one.
        while (last != null && !keys.adopt(sequence, last.rows, pagesOf(last))) {
            last = last.parent;
            length -= pageRows;
        }
        for (Entry e = last; e != null; e = e.parent) {
            length -= pageRows;
            for (int i = 0; i < pageRows; i++) {
                depths[length + i] = e.depths[i];
            }
        }
        return last == null ? 0 : last.rows[0];
    }

    /**
     * The pages of each plane up to the end of an entry. Where two entries have the same page, that of the later one counts,
     * which holds more rows.
     */
    private int[][] pagesOf(Entry last) {
        int[][] all = new int[planes + 1][];
        for (int plane = 0; plane <= planes; plane++) {
            all[plane] = new int[(last.rows[plane] + pageRows - 1) / pageRows];
            Arrays.fill(all[plane], -1);
            for (Entry e = last; e != null; e = e.parent) {
                for (int i = 0; i < e.pages[plane].length; i++) {
                    int page = e.firstPage[plane] + i;
                    if (all[plane][page] < 0) {
                        all[plane][page] = e.pages[plane][i];
                    }
                }
            }
        }
        return all;
    }

    /**
     * Keeps the keys of the first tokens of a sequence, in whole pages of tokens.
     *
     * @param count tokens that have left
     * @param depths their recursions
     */
    void remember(int sequence, int[] ids, int count, float threshold, int deepest, int[] depths) {
        Entry last = null;
        long hash = 0;
        for (int from = 0; from + pageRows <= count; from += pageRows) {
            hash = hash(hash, ids, from, threshold, deepest);
            Entry next = find(hash, last, ids, from, threshold, deepest);
            if (next == null) {
                if (entries.containsKey(hash)) {
                    return;
                }
                next = make(hash, sequence, last, ids, from, threshold, deepest, depths);
                entries.put(hash, next);
                if (last != null) {
                    last.children++;
                }
            }
            last = next;
        }
        touch(last);
    }

    /**
     * Marks an entry and those before it as used, a parent after its child: so the oldest entry of all is one that no other
     * goes on from.
     */
    private void touch(Entry last) {
        for (Entry e = last; e != null; e = e.parent) {
            entries.get(e.hash);
        }
    }

    private Entry make(
            long hash, int sequence, Entry parent, int[] ids, int from, float threshold, int deepest, int[] depths) {
        byte[] taken = new byte[pageRows];
        for (int i = 0; i < pageRows; i++) {
            taken[i] = (byte) depths[from + i];
        }
        int[] tokens = Arrays.copyOfRange(ids, from, from + pageRows);
        Entry entry = new Entry(hash, parent, tokens, taken, threshold, deepest, planes);
        for (int plane = 0; plane <= planes; plane++) {
            int before = parent == null ? 0 : parent.rows[plane];
            int added = 0;
            for (int i = 0; i < pageRows; i++) {
                added += keys.reaches(taken[i], plane, deepest) ? 1 : 0;
            }
            entry.rows[plane] = before + added;
            entry.firstPage[plane] = before / pageRows;
            int end = added == 0 || !keys.kept(plane)
                    ? entry.firstPage[plane]
                    : (before + added + pageRows - 1) / pageRows;
            entry.pages[plane] = new int[end - entry.firstPage[plane]];
            for (int i = 0; i < entry.pages[plane].length; i++) {
                entry.pages[plane][i] = keys.keep(sequence, plane, entry.firstPage[plane] + i);
            }
        }
        return entry;
    }

    /**
     * Forgets the least recently used entry that no other goes on from. Those that sequences hold count as used just now, since
     * forgetting them would free nothing; one of them is forgotten only if there is no other.
     *
     * @return false if there is none
     */
    boolean forgetOne() {
        Entry first = oldestEnd();
        Entry oldest = first;
        while (oldest != null && isUsed(oldest)) {
            touch(oldest);
            oldest = oldestEnd();
            if (oldest == first) {
                break;
            }
        }
        if (oldest == null) {
            return false;
        }
        entries.remove(oldest.hash);
        for (int plane = 0; plane <= planes; plane++) {
            for (int page : oldest.pages[plane]) {
                keys.drop(plane, page);
            }
        }
        if (oldest.parent != null) {
            oldest.parent.children--;
        }
        return true;
    }

    private Entry oldestEnd() {
        for (Entry entry : entries.values()) {
            if (entry.children == 0) {
                return entry;
            }
        }
        return null;
    }

    private boolean isUsed(Entry entry) {
        for (int plane = 0; plane <= planes; plane++) {
            for (int page : entry.pages[plane]) {
                if (keys.isUsed(plane, page)) {
                    return true;
                }
            }
        }
        return false;
    }
}
