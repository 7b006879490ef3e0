package org.tornadomor.template;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.template.TemplateException.Kind;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TemplateTest {
    /** What the cases were rendered at. */
    static final Clock CLOCK =
            Clock.fixed(LocalDateTime.of(2025, 3, 9, 7, 5, 4, 1_234_000).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);

    private static final int MUTANTS = 4000;

    /** As the default ones, but reached sooner. */
    private static final Limits SMALL = new Limits(300_000, 1 << 21, 100, 100_000);

    private static JsonNode file;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = TemplateTest.class.getResourceAsStream("/template/cases.json")) {
            file = JsonMapper.shared().readTree(Objects.requireNonNull(in));
        }
    }

    static Map<String, Object> map(JsonNode node) {
        return JsonMapper.shared().convertValue(node, new TypeReference<LinkedHashMap<String, Object>>() {});
    }

    private static TemplateOptions options(JsonNode one) {
        TemplateOptions options =
                one.path("env").stringValue().equals("chat") ? TemplateOptions.CHAT : TemplateOptions.HARNESS;
        return options.withClock(CLOCK);
    }

    private static String render(String source, Map<String, ?> variables) {
        return Template.parse("test", source, TemplateOptions.CHAT).render(variables);
    }

    private static TemplateException failure(String source) {
        return assertThrows(TemplateException.class, () -> render(source, Map.of()), source);
    }

    /** The expected text was computed with jinja2 3.1.6 in the environments of transformers and lm-evaluation-harness. */
    @Test
    void rendersWhatJinjaRenders() {
        List<Executable> checks = new ArrayList<>();
        Map<String, Object> common = map(file.path("vars"));
        for (JsonNode one : file.path("cases")) {
            String source = one.path("template").stringValue();
            Map<String, Object> variables = one.has("vars") ? map(one.path("vars")) : common;
            if (one.has("fails")) {
                checks.add(() -> assertThrows(
                        TemplateException.class,
                        () -> Template.parse("test", source, options(one)).render(variables),
                        source));
            } else {
                checks.add(() -> assertEquals(
                        one.path("expected").stringValue(),
                        Template.parse("test", source, options(one)).render(variables),
                        source));
            }
        }
        assertTrue(checks.size() > 800, "only " + checks.size() + " cases");
        assertAll(checks);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '§',
            quoteCharacter = '\0',
            value = {
                "{{ 1\\n  + 'a' }}§ 1 § VALUE § unsupported operand type(s) for +: 'int' and 'str'",
                "a\\n{{ x.y }}§ 2 § VALUE § 'x' is undefined",
                "a\\n\\n{% include 'b' %}§ 3 § SYNTAX § the tag 'include' is not supported",
                "{{ x|wordwrap }}§ 1 § SYNTAX § the filter 'wordwrap' is not supported",
                "{{ x|nonsense }}§ 1 § SYNTAX § there is no filter named 'nonsense'",
                "{{ x is nonsense }}§ 1 § SYNTAX § there is no test named 'nonsense'",
                "{% if false %}{{ x|nonsense }}{% endif %}{{ 'a'.encode() }}§ 1 § VALUE "
                        + " § the method of str 'encode' is not supported",
                "{{ [].append(1) }}§ 1 § VALUE § access to attribute 'append' of 'list' object is unsafe.",
                "{{ ''.__class__.__mro__ }}§ 1 § VALUE § access to attribute '__class__' of 'str' object is unsafe.",
                "\\n{{ raise_exception('no\\nsuch role') }}§ 2 § RAISED § no such role",
                "{{ 9223372036854775807 + 1 }}§ 1 § VALUE § whole numbers of more than 64 bits are not supported",
                "{% for x in [1] %}§ 1 § SYNTAX § unexpected end of the template; expected the tag else or endfor",
                "{{ cycler(1) }}§ 1 § VALUE § the function 'cycler' is not supported",
                "{{ ['a']|map('upper') }}§ 1 § VALUE § an iterator cannot be printed; put |list behind it",
            })
    void saysWhereAndWhyItFails(String source, int line, Kind kind, String reason) {
        TemplateException e = failure(source.replace("\\n", "\n"));
        assertEquals(reason, e.reason());
        assertEquals(line, e.line());
        assertEquals(kind, e.kind());
        assertEquals("test, line " + line + ": " + reason, e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{% for a in range(99999) %}{{ 'a' * 99999 }}{% endfor %}",
                "{% for a in range(100001) %}{% endfor %}",
                "{{ range(-9223372036854775807, 9223372036854775807)|list }}",
                "{{ 'a' * 99999999999 }}",
                "{{ [0] * 99999999999 }}",
                "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}"
                        + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
                "{% set ns = namespace(x=(1,)) %}{% for i in range(99) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}",
                "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x|tojson }}",
                "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
                "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{{ 'a'.ljust(99999999999) }}",
                "{{ '%99999999d' % 1 }}",
                "{{ '{:9999999}{:9999999}'.format(1, 2) }}",
                "{{ 'a'|center(99999999999) }}",
                "{{ 'a'|indent(99999999999, true) }}",
                "{{ [1]|tojson(indent=99999999999) }}",
                "{{ [1]|batch(99999999999, 0)|list }}",
                "{{ [1]|slice(99999999999, 0)|list }}",
                "{{ ('a' * 99999).replace('', 'b' * 99999) }}",
                "{{ ('b' * 99999).join('a' * 99999) }}",
                "{% set s = 'ab' * 999999 %}{% for i in range(99999) %}{% if 'c' in s %}{% endif %}{% endfor %}",
                "{% for i in range(99999) %}{% set x = range(99999)|sort %}{% endfor %}",
                "{{ 7 ** 999999999 }}",
            })
    void noTemplateTakesMoreThanItsLimits(String source) {
        Template template = Template.parse("test", source, TemplateOptions.CHAT.withLimits(SMALL));
        TemplateException e = assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> assertThrows(TemplateException.class, () -> template.render(Map.of())));
        assertFalse(e.getMessage().contains("\n"));
        assertTrue(
                e.kind() == Kind.LIMIT || source.contains("**") || source.contains("%9") || source.contains("{:9"),
                e.getMessage());
    }

    /** Operations that read text take steps by its length, also where they make little. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "s.startswith('b')",
                "s.endswith('a')",
                "s.startswith(('b',) * 9)",
                "s.strip('b')",
                "s.splitlines()[0]",
                "s.partition('c')",
                "s.rpartition('c')",
                "s.find('c')",
                "s.rfind('c')",
                "s.count('c')",
                "s.isalpha()",
                "s.isascii()",
                "s.islower()",
                "s[0]",
                "s[-1]",
                "s[:1]",
                "s.removesuffix('c')",
                "s|length",
                "s|wordcount",
                "s|trim('a')",
                "s|truncate(9)",
                "s|float",
                "s ~ ''",
                "s is lower",
                "s is sameas(t)",
                "'{:.1}'.format(s)",
                "{s: 1}[t]",
                "[s, s]|unique|list",
                "[{}]|map(attribute=s)|list"
            })
    void textTakesStepsWhereItIsRead(String operation) {
        String source = "{% for i in range(99) %}{% set x = " + operation + " %}{% endfor %}";
        Template template = Template.parse("test", source, TemplateOptions.CHAT.withLimits(SMALL));
        // With a character of two units, which makes Java count where an offset is.
        String text = "\ud83d\ude00" + "a".repeat(1 << 20) + "b";
        Map<String, ?> variables = Map.of("s", text, "t", String.valueOf(text.toCharArray()));
        TemplateException e = assertTimeoutPreemptively(
                Duration.ofSeconds(2), () -> assertThrows(TemplateException.class, () -> template.render(variables)));
        assertEquals(Kind.LIMIT, e.kind(), e.getMessage());
    }

    @Test
    void oneLookAtLongTextIsCheap() {
        Map<String, ?> variables = Map.of("s", "a".repeat(1 << 23) + "b");
        String source = "{{ s|first }}{{ s|last }}{{ 'x' if s is string and s is sequence and s is iterable }}"
                + "{% for c in s %}{% if loop.first %}{{ c }}{% endif %}{% break %}{% endfor %}";
        assertEquals("abxa", render(source, variables));
    }

    /** The times of these would grow with the square of the length, or they would take a stack as deep as the text is long. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '§',
            quoteCharacter = '\0',
            value = {
                "{{ '{:01000000,}'.format(1)|length }}§ 1000001",
                "{{ '{:01000000_x}'.format(1)|length }}§ 1000001",
                "{{ '{:09,}|{:010,}|{:+012,.2f}|{:016_b}'.format(1, 1, 1, 5) }}§ 0,000,001|00,000,001|+0,000,001.00|0_0000_0000_0101",
                "{{ '{:08,}|{:01,}|{:*=9,}|{:,}'.format(1, 1234, 1234, 123456) }}§ 0,000,001|1,234|****1,234|123,456",
                "{{ ('%.5000000f' % 0.1)|length }}§ 5000002",
                "{{ ('%#.5000000g' % 0.1)|length }}§ 5000002",
                "{{ '%.1200f' % 5e-324 == '%.1074f' % 5e-324 ~ '0' * 126 }}§ True",
                "{{ ('1' * 400000)|int(7) }}§ 7",
                "{{ ('1' * 4301)|int(7) }}§ 7",
                "{{ ('1' * 4300)|int(7)|string|length }}§ 4300",
                "{{ ('1_' * 2000 ~ '1')|int(7)|string|length }}§ 2001",
                "{{ ('1_' * 200000 ~ '1')|int(7) }}§ 7",
                "{{ ('0_' * 200000 ~ '0')|int(7, 0) }}§ 0",
                "{{ ('1_' * 200000 ~ '1')|float }}§ inf",
                "{{ ('.' ~ '1_' * 200000 ~ '1')|float }}§ 0.1111111111111111",
                "{{ ('a' * 1000000).find('a' * 500000 ~ 'b') }}§ -1",
                "{{ ('a' * 1000000).rfind('b' ~ 'a' * 500000) }}§ -1",
                "{{ (('a' * 500000 ~ 'b') in ('a' * 1000000)) }}§ False",
                "{{ ('a' * 1000000).split('a' * 500000 ~ 'b')|length }}§ 1",
                "{{ ('a' * 200000 ~ 'b').strip('c' * 200000 ~ 'a') }}§ b",
            })
    void longTextTakesNoMoreThanItsLength(String source, String expected) {
        assertEquals(expected, assertTimeoutPreemptively(Duration.ofSeconds(2), () -> render(source, Map.of())));
    }

    @Test
    void longDigitsOfPowersOfTwoAreRefusedByName() {
        assertEquals(
                "whole numbers of more than 4300 digits are not supported",
                failure("{{ ('1' * 4301)|int(7, 16) }}").reason());
    }

    @Test
    void findsLongPartsWhereJavaDoes() {
        Random random = new Random(3);
        for (int n = 0; n < 2000; n++) {
            StringBuilder all = new StringBuilder();
            for (int i = random.nextInt(60, 300); i > 0; i--) {
                all.append(random.nextInt(20) == 0 ? 'b' : 'a');
            }
            String text = all.toString();
            int at = random.nextInt(text.length());
            String part = text.substring(at, Math.min(text.length(), at + random.nextInt(60, 90)));
            int from = random.nextInt(text.length() + 1);
            assertEquals(text.indexOf(part, from), TextSearch.first(text, part, from));
            assertEquals(text.lastIndexOf(part, from), TextSearch.last(text, part, from));
        }
    }

    @Test
    void theDefaultLimitsEndALoopWithinSeconds() {
        String loop = "{% for a in range(99999) %}";
        TemplateException e = assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> failure(loop + loop + "{% endfor %}{% endfor %}"));
        assertEquals("rendering takes more than 4000000 steps", e.reason());
    }

    @Test
    void deepTemplatesAndValuesAreRefused() {
        for (String deep : List.of("(", "[", "-", "not ", "{1: ", "x(", "x[", "1 if 2 else ")) {
            assertEquals(Kind.SYNTAX, failure("{{ " + deep.repeat(5_000)).kind(), deep);
        }
        assertEquals(Kind.SYNTAX, failure("{% if 1 %}".repeat(5_000)).kind());
        for (String chain : List.of(" + 1", " or 0", "|abs", ".a", "[0]", " ** 1", "()")) {
            failure("{{ 1" + chain.repeat(10_000) + " }}");
        }
        Object value = 1;
        for (int i = 0; i < 1000; i++) {
            value = List.of(value);
        }
        Map<String, Object> variables = Map.of("x", value);
        assertThrows(IllegalArgumentException.class, () -> render("{{ x }}", variables));
        assertThrows(IllegalArgumentException.class, () -> render("{{ x }}", Map.of("x", new Random())));
    }

    @Test
    void aSearchThatNeverEndsTakesSteps() {
        Template template = Template.parse("test", "{{ x|regex_replace('(a+)+\\\\1b', '') }}", TemplateOptions.HARNESS);
        TemplateException e = assertTimeoutPreemptively(
                Duration.ofSeconds(10),
                () -> assertThrows(TemplateException.class, () -> template.render(Map.of("x", "a".repeat(60)))));
        assertEquals(Kind.LIMIT, e.kind());
    }

    /** Damaged templates fail as templates do, or render; nothing else is thrown and nothing hangs. */
    @Test
    void damagedTemplatesFailAsTemplates() {
        Random random = new Random(7);
        Map<String, Object> variables = map(file.path("vars"));
        Limits small = new Limits(50_000, 100_000, 20, 1000);
        List<JsonNode> cases = new ArrayList<>();
        file.path("cases").forEach(cases::add);
        String pieces = "{}%#-+|()[].,:'\"\\ =<>~*/0a\n😀";
        int rendered = 0;
        for (int n = 0; n < MUTANTS; n++) {
            JsonNode one = cases.get(random.nextInt(cases.size()));
            StringBuilder source = new StringBuilder(one.path("template").stringValue());
            for (int edits = random.nextInt(1, 4); edits > 0; edits--) {
                int at = random.nextInt(source.length() + 1);
                switch (random.nextInt(3)) {
                    case 0 -> source.insert(at, pieces.charAt(random.nextInt(pieces.length())));
                    case 1 -> source.delete(at, Math.min(source.length(), at + random.nextInt(1, 4)));
                    default -> {
                        String other = cases.get(random.nextInt(cases.size()))
                                .path("template")
                                .stringValue();
                        int from = random.nextInt(other.length() + 1);
                        source.insert(at, other, from, Math.min(other.length(), from + 12));
                    }
                }
            }
            try {
                Template.parse("test", source.toString(), options(one).withLimits(small))
                        .render(variables);
                rendered++;
            } catch (TemplateException e) {
                assertTrue(e.line() > 0 && !e.getMessage().contains("\n"), e.getMessage());
            } catch (RuntimeException e) {
                throw new AssertionError("of the template " + source, e);
            }
        }
        assertTrue(rendered > MUTANTS / 20 && rendered < MUTANTS * 19 / 20, rendered + " rendered");
    }

    @Test
    void aTemplateServesSeveralThreads() {
        Template template = Template.parse(
                "test",
                "{% set ns = namespace(n=0) %}{% for i in range(k) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
                TemplateOptions.CHAT);
        List<String> sums = java.util.stream.IntStream.range(0, 200)
                .parallel()
                .mapToObj(k -> template.render(Map.of("k", k)))
                .toList();
        for (int k = 0; k < sums.size(); k++) {
            assertEquals(Integer.toString(k * (k - 1) / 2), sums.get(k));
        }
    }
}
