package org.tornadomor.template;

import java.time.LocalDateTime;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** Python's {@code strftime} of a local time without a zone, in the C locale. */
final class Strftime {
    private static final String[] DAYS = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    private static final String[] MONTHS = {
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December"
    };

    private Strftime() {}

    static String format(LocalDateTime time, String format) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            boolean unpadded = i + 1 < format.length() && format.charAt(i + 1) == '-';
            i += unpadded ? 2 : 1;
            if (i >= format.length()) {
                throw Fault.value("strftime_now: the format ends within a directive");
            }
            String field = field(time, format.charAt(i));
            out.append(unpadded ? field.replaceFirst("^[0 ]+(?=.)", "") : field);
        }
        return out.toString();
    }

    private static String field(LocalDateTime time, char directive) {
        int weekday = time.getDayOfWeek().getValue();
        int hour12 = time.get(ChronoField.CLOCK_HOUR_OF_AMPM);
        return switch (directive) {
            case 'a' -> DAYS[weekday - 1].substring(0, 3);
            case 'A' -> DAYS[weekday - 1];
            case 'b', 'h' -> MONTHS[time.getMonthValue() - 1].substring(0, 3);
            case 'B' -> MONTHS[time.getMonthValue() - 1];
            case 'c' -> format(time, "%a %b %e %H:%M:%S %Y");
            case 'C' -> digits(time.getYear() / 100, 2);
            case 'd' -> digits(time.getDayOfMonth(), 2);
            case 'D', 'x' -> format(time, "%m/%d/%y");
            case 'e' -> String.format(Locale.ROOT, "%2d", time.getDayOfMonth());
            case 'f' -> digits(time.getNano() / 1000, 6);
            case 'F' -> format(time, "%Y-%m-%d");
            case 'g' -> digits(time.get(IsoFields.WEEK_BASED_YEAR) % 100, 2);
            case 'G' -> digits(time.get(IsoFields.WEEK_BASED_YEAR), 4);
            case 'H' -> digits(time.getHour(), 2);
            case 'I' -> digits(hour12, 2);
            case 'j' -> digits(time.getDayOfYear(), 3);
            case 'k' -> String.format(Locale.ROOT, "%2d", time.getHour());
            case 'l' -> String.format(Locale.ROOT, "%2d", hour12);
            case 'm' -> digits(time.getMonthValue(), 2);
            case 'M' -> digits(time.getMinute(), 2);
            case 'n' -> "\n";
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'P' -> time.getHour() < 12 ? "am" : "pm";
            case 'r' -> format(time, "%I:%M:%S %p");
            case 'R' -> format(time, "%H:%M");
            case 'S' -> digits(time.getSecond(), 2);
            case 't' -> "\t";
            case 'T', 'X' -> format(time, "%H:%M:%S");
            case 'u' -> Integer.toString(weekday);
            case 'U' -> digits((time.getDayOfYear() + 6 - weekday % 7) / 7, 2);
            case 'V' -> digits(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'w' -> Integer.toString(weekday % 7);
            case 'W' -> digits((time.getDayOfYear() + 6 - (weekday - 1)) / 7, 2);
            case 'y' -> digits(time.getYear() % 100, 2);
            case 'Y' -> Integer.toString(time.getYear());
            case 'z', 'Z' -> "";
            case '%' -> "%";
            default -> throw Fault.value("strftime_now: the directive %" + directive + " is not supported");
        };
    }

    private static String digits(int value, int width) {
        String text = Integer.toString(value);
        return "0".repeat(Math.max(0, width - text.length())) + text;
    }
}
