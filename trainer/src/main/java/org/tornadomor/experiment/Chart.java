package org.tornadomor.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.html.Html;

/**
 * Lines over numbers as SVG, with error bars. Written out as text: chart libraries for Java draw with AWT, which needs fonts that a
 * server does not have, and the file is to follow the page's colours, light or dark.
 */
public final class Chart {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 400;
    private static final int LEFT = 62;
    private static final int RIGHT = 150;
    private static final int TOP = 34;
    private static final int BOTTOM = 48;
    private static final int BOTTOM_OF_NAMES = 120;
    private static final double ASIDE = 2.5;
    private static final int TICKS = 6;
    private static final double MARGIN = 0.06;

    /** Colours that stay apart for people who see few of them (Okabe and Ito 2008). */
    private static final String[] COLOURS = {
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#777777"
    };

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final boolean logarithmic;
    private final List<String> categories;
    private final int bottom;
    private final List<Series> series = new ArrayList<>();

    /** A point with a bar from {@code low} to {@code high}, which may be the point itself. */
    record Point(double x, double y, double low, double high) {
        /** A point with the interval of its mean, where that is known. */
        static Point of(double x, Interval interval) {
            double half = interval.known() ? interval.half() : 0;
            return new Point(x, interval.mean(), interval.mean() - half, interval.mean() + half);
        }
    }

    private record Series(String name, boolean dashed, List<Point> points) {}

    private Chart(String title, String xLabel, String yLabel, boolean logarithmic, List<String> categories) {
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
        this.logarithmic = logarithmic;
        this.categories = categories;
        this.bottom = categories.isEmpty() ? BOTTOM : BOTTOM_OF_NAMES;
    }

    /** A chart over numbers. */
    static Chart over(String title, String xLabel, String yLabel, boolean logarithmic) {
        return new Chart(title, xLabel, yLabel, logarithmic, List.of());
    }

    /** A chart over names; the x of a point is the place of its name. */
    static Chart overNames(String title, String xLabel, String yLabel, List<String> names) {
        return new Chart(title, xLabel, yLabel, false, names);
    }

    /** Adds a line. */
    Chart add(String name, boolean dashed, List<Point> points) {
        series.add(new Series(name, dashed, List.copyOf(points)));
        return this;
    }

    /** The picture as a file, in light or dark as the reader prefers. */
    String svg() {
        return svg(
                "<style>svg{color:#222;background:#fff}@media(prefers-color-scheme:dark){svg{color:#ddd;background:#181818}}"
                        + "</style>\n");
    }

    /** The picture within a page, in the page's colours. */
    String inPage() {
        return svg("");
    }

    private String svg(String style) {
        Axis x = xAxis();
        Axis y = yAxis();
        StringBuilder svg = new StringBuilder();
        line(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
                        + " role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">",
                WIDTH,
                HEIGHT,
                WIDTH,
                HEIGHT);
        svg.append(style);
        line(svg, "<title>%s</title>", Html.escape(title));
        line(svg, "<text x=\"%d\" y=\"20\" font-size=\"14\" font-weight=\"600\">%s</text>", LEFT, Html.escape(title));
        drawAxes(svg, x, y);
        for (int i = 0; i < series.size(); i++) {
            draw(svg, series.get(i), i, x, y);
        }
        return svg.append("</svg>\n").toString();
    }

    /** Maps values to places. */
    private record Axis(double low, double high, double from, double to, boolean logarithmic, double[] ticks) {
        double at(double value) {
            double share = logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
            return from + share * (to - from);
        }
    }

    private Axis xAxis() {
        double from = LEFT + 14;
        double to = WIDTH - RIGHT - 14;
        if (!categories.isEmpty()) {
            double[] ticks = new double[categories.size()];
            for (int i = 0; i < ticks.length; i++) {
                ticks[i] = i;
            }
            return new Axis(0, Math.max(1, ticks.length - 1), from, to, false, ticks);
        }
        double[] values = series.stream()
                .flatMap(s -> s.points.stream())
                .mapToDouble(Point::x)
                .sorted()
                .distinct()
                .toArray();
        double low = values[0];
        double high = values[values.length - 1];
        if (low == high) {
            return new Axis(low / 2, high * 2, from, to, logarithmic, new double[] {low});
        }
        // Places that lines have in common are worth a tick, such as budgets; others are not.
        boolean common =
                values.length < series.stream().mapToInt(s -> s.points.size()).sum();
        double[] ticks =
                common && values.length <= TICKS ? values : logarithmic ? decades(low, high) : ticks(low, high);
        return new Axis(low, high, from, to, logarithmic, ticks);
    }

    private Axis yAxis() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Series s : series) {
            for (Point p : s.points) {
                low = Math.min(low, p.low);
                high = Math.max(high, p.high);
            }
        }
        double margin = high > low ? MARGIN * (high - low) : Math.max(1e-3, MARGIN * Math.abs(high));
        return new Axis(low - margin, high + margin, HEIGHT - bottom, TOP, false, ticks(low - margin, high + margin));
    }

    /** One, two and five times the powers of ten between two numbers; round numbers where these are too few. */
    static double[] decades(double low, double high) {
        List<Double> ticks = new ArrayList<>();
        for (double power = Math.pow(10, Math.floor(Math.log10(low))); power <= high; power *= 10) {
            for (int factor : new int[] {1, 2, 5}) {
                if (factor * power >= low && factor * power <= high) {
                    ticks.add(factor * power);
                }
            }
        }
        return ticks.size() < 3
                ? ticks(low, high)
                : ticks.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Round numbers between two. */
    static double[] ticks(double low, double high) {
        double rough = (high - low) / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = power * (rough / power <= 1 ? 1 : rough / power <= 2 ? 2 : rough / power <= 5 ? 5 : 10);
        long first = (long) Math.ceil(low / step);
        long last = (long) Math.floor(high / step);
        double[] ticks = new double[Math.toIntExact(Math.max(0, last - first + 1))];
        for (int i = 0; i < ticks.length; i++) {
            ticks[i] = (first + i) * step;
        }
        return ticks;
    }

    private void drawAxes(StringBuilder svg, Axis x, Axis y) {
        for (double tick : y.ticks) {
            line(
                    svg,
                    "<path d=\"M%d %.1fH%d\" stroke=\"currentColor\" stroke-opacity=\"0.15\"/>"
                            + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                    LEFT,
                    y.at(tick),
                    WIDTH - RIGHT,
                    LEFT - 6,
                    y.at(tick) + 4,
                    number(tick));
        }
        for (int i = 0; i < x.ticks.length; i++) {
            double at = x.at(x.ticks[i]);
            String label = categories.isEmpty() ? number(x.ticks[i]) : Html.escape(categories.get(i));
            // Names are longer than the room between them.
            String turned = categories.isEmpty()
                    ? "text-anchor=\"middle\""
                    : String.format(
                            Locale.ROOT,
                            "text-anchor=\"end\" transform=\"rotate(-35 %.1f %d)\"",
                            at,
                            HEIGHT - bottom + 15);
            line(svg, "<path d=\"M%.1f %dv5\" stroke=\"currentColor\"/>", at, HEIGHT - bottom);
            line(svg, "<text x=\"%.1f\" y=\"%d\" %s>%s</text>", at, HEIGHT - bottom + 19, turned, label);
        }
        line(
                svg,
                "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"currentColor\"/>",
                LEFT,
                TOP,
                HEIGHT - bottom,
                WIDTH - RIGHT);
        line(
                svg,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                (LEFT + WIDTH - RIGHT) / 2,
                HEIGHT - 10,
                Html.escape(xLabel));
        int middle = (TOP + HEIGHT - bottom) / 2;
        line(
                svg,
                "<text x=\"14\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 14 %d)\">%s</text>",
                middle,
                middle,
                Html.escape(yLabel));
    }

    private void draw(StringBuilder svg, Series s, int index, Axis x, Axis y) {
        String colour = COLOURS[index % COLOURS.length];
        // Bars of several lines at one place are not to hide each other.
        double aside = ASIDE * (index - (series.size() - 1) / 2.0);
        StringBuilder path = new StringBuilder();
        for (Point p : s.points) {
            path.append(String.format(
                    Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x.at(p.x) + aside, y.at(p.y)));
        }
        String dash = s.dashed ? " stroke-dasharray=\"5 4\"" : "";
        line(svg, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>", path, colour, dash);
        for (Point p : s.points) {
            double at = x.at(p.x) + aside;
            line(svg, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>", at, y.at(p.y), colour);
            if (p.high > p.low) {
                line(
                        svg,
                        "<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\" stroke-width=\"1.4\"/>",
                        at,
                        y.at(p.low),
                        y.at(p.high),
                        colour);
            }
        }
        int row = TOP + 8 + 20 * index;
        line(
                svg,
                "<path d=\"M%d %dh22\" stroke=\"%s\" stroke-width=\"2\"%s/><text x=\"%d\" y=\"%d\">%s</text>",
                WIDTH - RIGHT + 10,
                row,
                colour,
                dash,
                WIDTH - RIGHT + 38,
                row + 4,
                Html.escape(s.name));
    }

    private static String number(double value) {
        double size = Math.abs(value);
        if (size >= 1e6) {
            return Cell.label(value);
        }
        String text = String.format(Locale.ROOT, "%.4f", value);
        return text.replaceFirst("\\.?0+$", "");
    }

    private static void line(StringBuilder svg, String format, Object... values) {
        svg.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values))
                .append('\n');
    }
}
