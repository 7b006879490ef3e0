package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.LongConsumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.ByteTokenizer;

class CorpusTest {
    private static final int END = ByteTokenizer.END_OF_TEXT;

    private record Texts(List<String> texts) implements TextSource {
        @Override
        public String describe() {
            return "texts";
        }

        @Override
        public void forEach(DocumentConsumer consumer, LongConsumer stored) {
            texts.forEach(text -> consumer.accept(new Document("text", text.getBytes(StandardCharsets.UTF_8))));
        }
    }

    private static Corpus load(HoldOut holdOut, String... texts) {
        return Corpus.load(new Texts(List.of(texts)), new ByteTokenizer(), holdOut);
    }

    static int[] ids(TokenSequence tokens) {
        int[] ids = new int[(int) tokens.size()];
        tokens.copy(0, ids, 0, ids.length);
        return ids;
    }

    @Test
    void documentsEndWithTheEndToken() {
        Corpus corpus = load(HoldOut.tail(0), "ab", "", "é");
        assertArrayEquals(
                new int[] {'a', 'b', END, 0xC3, 0xA9, END},
                ids(corpus.training().tokens()));
        assertEquals(new Corpus.Part("validation", corpus.validation().tokens(), 0, 0), corpus.validation());
        assertEquals(4, corpus.training().bytes());
        assertEquals(2, corpus.training().documents());
        assertEquals(4 / 6.0, corpus.training().bytesPerToken(), 1e-12);
    }

    @Test
    void aTailIsCutAtAnyToken() {
        Corpus corpus = load(HoldOut.tail(0.5), "abcd", "efg"); // nine tokens, four in the tail
        assertArrayEquals(
                new int[] {'a', 'b', 'c', 'd', END}, ids(corpus.training().tokens()));
        assertArrayEquals(
                new int[] {'e', 'f', 'g', END}, ids(corpus.validation().tokens()));
        corpus = load(HoldOut.tail(0.7), "abcd", "efg");
        assertArrayEquals(new int[] {'a', 'b', 'c'}, ids(corpus.training().tokens()));
        assertEquals(3, corpus.training().bytes());
        assertEquals(4, corpus.validation().bytes());
        assertEquals(1, corpus.training().documents());
        assertEquals(1, corpus.validation().documents());
    }

    @Test
    void everyNthDocumentIsHeldOut() {
        Corpus corpus = load(HoldOut.everyNth(2), "a", "b", "c", "d", "e");
        assertArrayEquals(
                new int[] {'a', END, 'c', END, 'e', END}, ids(corpus.training().tokens()));
        assertArrayEquals(
                new int[] {'b', END, 'd', END}, ids(corpus.validation().tokens()));
    }

    @Property(tries = 100)
    void tailAndHeadAreTheWhole(
            @ForAll @Size(min = 1, max = 6) List<@NotEmpty String> texts,
            @ForAll @DoubleRange(max = 0.99) double fraction) {
        Corpus corpus = Corpus.load(new Texts(texts), new ByteTokenizer(), HoldOut.tail(fraction));
        assertArrayEquals(whole(texts), join(corpus));
        assertBytes(texts, corpus);
    }

    @Property(tries = 100)
    void heldOutDocumentsAndTheOthersAreTheWhole(
            @ForAll @Size(min = 1, max = 9) List<@NotEmpty String> texts, @ForAll @IntRange(min = 2, max = 4) int n) {
        Corpus corpus = Corpus.load(new Texts(texts), new ByteTokenizer(), HoldOut.everyNth(n));
        List<String> sorted = new ArrayList<>();
        for (int rest : new int[] {0, 1}) {
            for (int i = 0; i < texts.size(); i++) {
                if (((i + 1) % n == 0 ? 1 : 0) == rest) {
                    sorted.add(texts.get(i));
                }
            }
        }
        assertArrayEquals(whole(sorted), join(corpus));
        assertBytes(texts, corpus);
    }

    private static void assertBytes(Collection<String> texts, Corpus corpus) {
        long bytes = texts.stream()
                .mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length)
                .sum();
        assertEquals(bytes, corpus.training().bytes() + corpus.validation().bytes());
        long counted = new ByteTokenizer().countBytes(ids(corpus.training().tokens()));
        assertEquals(counted, corpus.training().bytes());
        assertEquals(
                texts.size(),
                corpus.training().documents() + corpus.validation().documents());
    }

    private static int[] whole(Collection<String> texts) {
        List<Integer> ids = new ArrayList<>();
        for (String text : texts) {
            for (int id : new ByteTokenizer().encode(text)) {
                ids.add(id);
            }
            ids.add(END);
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] join(Corpus corpus) {
        int[] training = ids(corpus.training().tokens());
        int[] validation = ids(corpus.validation().tokens());
        int[] all = Arrays.copyOf(training, training.length + validation.length);
        System.arraycopy(validation, 0, all, training.length, validation.length);
        return all;
    }

    @Test
    void theFingerprintTellsDataApart() {
        String one = load(HoldOut.tail(0.1), "ab", "c").fingerprint();
        assertEquals(one, load(HoldOut.tail(0.1), "ab", "c").fingerprint());
        assertNotEquals(one, load(HoldOut.tail(0.1), "a", "bc").fingerprint());
        assertNotEquals(one, load(HoldOut.tail(0.2), "ab", "c").fingerprint());
        assertNotEquals(one, load(HoldOut.everyNth(10), "ab", "c").fingerprint());
    }

    @Test
    void saysWhatIsWrong() {
        UserError error = assertThrows(UserError.class, () -> load(HoldOut.tail(0)));
        assertTrue(error.getMessage().contains("no text in texts"), error.getMessage());
        assertThrows(UserError.class, () -> load(HoldOut.tail(0), "", ""));
        Corpus.Part part = load(HoldOut.tail(0), "abc").training();
        part.requireContext(3);
        error = assertThrows(UserError.class, () -> part.requireContext(4));
        assertTrue(
                error.getMessage().contains("has 4 tokens, but one sample of context 4 takes 5"), error.getMessage());
        assertThrows(UserError.class, () -> HoldOut.tail(1));
        assertThrows(UserError.class, () -> HoldOut.tail(Double.NaN));
        assertThrows(UserError.class, () -> HoldOut.everyNth(1));
    }

    @Property(tries = 20)
    void tokensOfEveryWidthAreKept(@ForAll @IntRange(min = 1, max = 200_000) int vocabSize) {
        TokenBuffer tokens = new TokenBuffer(vocabSize);
        int count = (1 << 20) + 77; // more than a chunk
        for (int i = 0; i < count; i++) {
            tokens.add((int) (i * 7919L % vocabSize));
        }
        assertEquals(count, tokens.size());
        int[] part = new int[200];
        TokenSequence slice = tokens.slice(count - 200, 200);
        slice.copy(50, part, 20, 150);
        for (int i = 0; i < 150; i++) {
            long index = count - 150 + i;
            assertEquals(index * 7919L % vocabSize, part[20 + i]);
            assertEquals(part[20 + i], tokens.get(index));
            assertEquals(part[20 + i], slice.get(50 + i));
        }
        assertThrows(IndexOutOfBoundsException.class, () -> slice.get(200));
        assertThrows(IndexOutOfBoundsException.class, () -> tokens.copy(count - 1, part, 0, 2));
    }
}
