package org.tornadomor.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TextTableTest {
    private static String shown(TextTable table, int columns) {
        StringWriter shown = new StringWriter();
        PrintWriter out = new TerminalPrinter(shown, false, columns);
        table.print(out);
        out.flush();
        return shown.toString();
    }

    private static TextTable models() {
        return new TextTable("model", "layers", "total", "")
                .row("tiny", "5", "1,624,512", "")
                .row("small", "14", "34,000,000", "")
                .row("large", "30", "1", "");
    }

    @Test
    void oneThatFitsStaysAsItIs() {
        assertEquals("""
                model  layers       total
                tiny        5   1,624,512
                small      14  34,000,000
                large      30           1
                """, shown(models(), 25));
    }

    @Test
    void columnsComeInPartsBesideTheFirst() {
        assertEquals("""
                model  layers
                tiny        5
                small      14
                large      30

                model       total
                tiny    1,624,512
                small  34,000,000
                large           1
                """, shown(models(), 24));
    }

    @Test
    void rowsBecomeListsWhereOneColumnDoesNotFit() {
        assertEquals("""
                tiny
                  layers  5
                  total
                      1,624,512
                small
                  layers  14
                  total
                      34,000,000
                large
                  layers  30
                  total   1
                """, shown(models(), 16));
    }

    @Test
    void aSingleRowBecomesAList() {
        TextTable one = new TextTable("", "rows", "skipped", "kernel ms").row("  depth 1", "1,000", "2,000", "3.00");
        assertEquals("""
                  depth 1
                    rows       1,000
                    skipped    2,000
                    kernel ms  3.00
                """, shown(one, 30));
    }

    @Test
    void longValuesGoOnBelowThemselves() {
        TextTable table = new TextTable("engine", "name").left(2).row("cpu", "a device with a name of many words");
        assertEquals("""
                cpu
                  name  a device with a
                        name of many
                        words
                """, shown(table, 24));
    }
}
