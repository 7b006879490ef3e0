package org.tornadomor.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.LongConsumer;
import org.tornadomor.Nearest;
import org.tornadomor.UserError;

/**
 * Made-up text of which every byte has a known difficulty. Lines of three kinds come in random order:
 *
 * <ul>
 *   <li>filler, the same few sentences again and again;
 *   <li>nested brackets of four kinds: {@code (/)[{/}</>/]}. Whether one opens or, after a stroke, the last open one closes is
 *       random, and so is what opens. What closes follows from what was read, the harder the more brackets are inside;
 *   <li>sums of digits below a base, the result as one digit: {@code 7+5+2=e}. The terms, and whether the result comes next,
 *       cannot be predicted; the result takes as many additions as there are plus signs.
 * </ul>
 *
 * Written {@code synthetic:KIND?documents=N&bytes=N&filler=SHARE&base=N&seed=N}, where KIND is {@code brackets}, {@code sums}
 * or {@code mixed}; what is left out has its default. The same description gives the same text everywhere.
 */
public final class Synthetic implements TextSource {
    /** What its descriptions begin with. */
    public static final String PREFIX = "synthetic:";

    /** What cannot be predicted: opening brackets, strokes and terms, and how many there are. */
    public static final int RANDOM = 1;

    private static final List<String> KINDS = List.of("brackets", "sums", "mixed");
    private static final List<String> KEYS = List.of("documents", "bytes", "filler", "base", "seed");
    private static final String[] FILLER = {
        "the model reads the line and goes on.\n",
        "nothing is to be done about this one.\n",
        "a token like any other.\n"
    };
    private static final String OPEN = "([{<";
    private static final String CLOSE = ")]}>";
    private static final int MOST_BRACKETS = 8;
    private static final int MOST_ADDITIONS = 4;
    /** The largest sum is one digit, too. */
    private static final int MOST_BASE = (Character.MAX_RADIX - 1) / (MOST_ADDITIONS + 1) + 1;

    /** Closing brackets by how many pairs stand between them and their partners. */
    private static final List<String> CLASSES = List.of(
            "filler",
            "random",
            "close empty",
            "close around 1-2",
            "close around 3-7",
            "sum of 2",
            "sum of 3",
            "sum of 4",
            "sum of 5");

    private static final int FIRST_CLOSE = 2;
    private static final int FIRST_SUM = 5;

    private final String kind;
    private final int documents;
    private final int bytes;
    private final double filler;
    private final int base;
    private final long seed;

    /**
     * A text with the difficulty of each byte.
     *
     * @param text as a source gives it
     * @param difficulty for each byte the place of its class in {@link Synthetic#classes}
     */
    public record Labelled(Document text, byte[] difficulty) {}

    private Synthetic(String kind, int documents, int bytes, double filler, int base, long seed) {
        this.kind = kind;
        this.documents = documents;
        this.bytes = bytes;
        this.filler = filler;
        this.base = base;
        this.seed = seed;
    }

    /** Whether a description means such a text. */
    public static boolean is(String spec) {
        return spec.startsWith(PREFIX);
    }

    /**
     * The text that a description means.
     *
     * @throws UserError naming what is wrong with it
     */
    public static Synthetic parse(String spec) {
        String[] parts = spec.substring(PREFIX.length()).split("\\?", 2);
        if (!KINDS.contains(parts[0])) {
            throw new UserError(
                    "there is no synthetic text '" + parts[0] + "'; choose one of " + String.join(", ", KINDS));
        }
        Map<String, String> given = new HashMap<>();
        for (String pair : parts.length < 2 || parts[1].isEmpty() ? new String[0] : parts[1].split("&")) {
            String[] entry = pair.split("=", 2);
            if (entry.length < 2 || !KEYS.contains(entry[0])) {
                throw new UserError(spec + ": '" + pair + "' is no setting; the nearest is "
                        + Nearest.of(entry[0], KEYS, 1).getFirst() + "=NUMBER");
            }
            given.put(entry[0], entry[1]);
        }
        return new Synthetic(
                parts[0],
                (int) number(spec, given, "documents", 4000, 1, 100_000_000),
                (int) number(spec, given, "bytes", 512, 64, 1 << 20),
                number(spec, given, "filler", 0.5, 0, 1),
                (int) number(spec, given, "base", MOST_BASE, 2, MOST_BASE),
                (long) number(spec, given, "seed", 1, 0, 1L << 52));
    }

    private static double number(
            String spec, Map<String, String> given, String key, double otherwise, double least, double most) {
        String text = given.get(key);
        if (text == null) {
            return otherwise;
        }
        try {
            double value = Double.parseDouble(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Refused like a number out of range.
        }
        throw new UserError(String.format(
                Locale.ROOT, "%s: %s is '%s'; give a number from %.0f to %.0f", spec, key, text, least, most));
    }

    /** The same kind of text in other words: as many documents of so many bytes, from another seed. */
    public Synthetic heldOut(int otherDocuments, int otherBytes, long otherSeed) {
        return new Synthetic(kind, otherDocuments, otherBytes, filler, base, otherSeed);
    }

    /** The seed. */
    public long seed() {
        return seed;
    }

    /** The names of the difficulties, the easiest first: trivial, random, then what follows from what was read. */
    public static List<String> classes() {
        return CLASSES;
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "%s%s?documents=%d&bytes=%d&filler=%s&base=%d&seed=%d",
                PREFIX,
                kind,
                documents,
                bytes,
                Double.toString(filler),
                base,
                seed);
    }

    @Override
    public void forEach(DocumentConsumer consumer, LongConsumer stored) {
        for (int i = 0; i < documents; i++) {
            if (!consumer.accept(document(i).text)) {
                return;
            }
        }
    }

    /** How many documents there are. */
    public int size() {
        return documents;
    }

    /** The document at a place, from 0, with the difficulty of each byte. */
    public Labelled document(int index) {
        // Neighbouring seeds of this generator begin alike, so the bits are spread first.
        Random random = new Random((seed << 32 ^ index) * 0x9E3779B97F4A7C15L);
        Line line = new Line();
        while (line.text.length() < bytes) {
            if (random.nextDouble() < filler) {
                filler(line, random);
            } else if (kind.equals("brackets") || kind.equals("mixed") && random.nextBoolean()) {
                brackets(line, random);
            } else {
                sum(line, random);
            }
        }
        byte[] text = line.text.substring(0, bytes).getBytes(StandardCharsets.US_ASCII);
        byte[] difficulty = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            difficulty[i] = line.difficulty.get(i);
        }
        return new Labelled(new Document("synthetic/" + seed + "/" + index, text), difficulty);
    }

    /** Text as it grows. */
    private static final class Line {
        private final StringBuilder text = new StringBuilder();
        private final List<Byte> difficulty = new ArrayList<>();

        void add(String piece, int difficultyOfAll) {
            for (int i = 0; i < piece.length(); i++) {
                add(piece.charAt(i), difficultyOfAll);
            }
        }

        void add(char letter, int its) {
            text.append(letter);
            difficulty.add((byte) its);
        }
    }

    private static void filler(Line line, Random random) {
        String sentence = FILLER[random.nextInt(FILLER.length)];
        // Which line comes next is random.
        line.add(sentence.charAt(0), RANDOM);
        line.add(sentence.substring(1), 0);
    }

    private static void brackets(Line line, Random random) {
        int count = 1 + random.nextInt(MOST_BRACKETS);
        int opened = 0;
        int closed = 0;
        // For each open bracket: its kind, and how many pairs had been closed when it opened.
        int[] kinds = new int[count];
        int[] before = new int[count];
        int open = 0;
        while (closed < count) {
            if (opened < count && (open == 0 || random.nextBoolean())) {
                kinds[open] = random.nextInt(OPEN.length());
                before[open] = closed;
                line.add(OPEN.charAt(kinds[open]), RANDOM);
                open++;
                opened++;
            } else {
                open--;
                line.add('/', RANDOM);
                int inside = closed - before[open];
                int step = inside == 0 ? 0 : inside < 3 ? 1 : 2;
                line.add(CLOSE.charAt(kinds[open]), FIRST_CLOSE + step);
                closed++;
            }
        }
        // Another one might have opened.
        line.add('\n', RANDOM);
    }

    private void sum(Line line, Random random) {
        int additions = 1 + random.nextInt(MOST_ADDITIONS);
        int sum = 0;
        for (int i = 0; i <= additions; i++) {
            int term = random.nextInt(base);
            sum += term;
            line.add((char) ('0' + term), RANDOM);
            line.add(i < additions ? '+' : '=', RANDOM);
        }
        line.add(Character.forDigit(sum, Character.MAX_RADIX), FIRST_SUM + additions - 1);
        line.add('\n', 0);
    }
}
