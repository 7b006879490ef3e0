package org.tornadomor.lessons;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Draws what the first work-group of each launch did: address by time, a colour for each work-item. Under each array stand
 * the lines of memory that a step touches, or the turns that local memory needs for it.
 */
final class Picture extends Lockstep {
    /** Steps of time that are drawn. */
    static final int TIMES = 24;
    /** Warps that are drawn. */
    private static final int WARPS = 2;

    private static final int COLUMN = 18;
    private static final int LEFT = 150;
    private static final int ROW = 5;
    private static final int LEAST_BAND = 40;
    private static final int MOST_BAND = 200;
    private static final int GAP = 36;
    private static final int HEAD = 34;
    /** Of a token at a depth. */
    private static final int SQUARE = 13;

    /** What one array went through in a panel. */
    private static final class Band {
        private final List<Step> steps = new ArrayList<>();
        private int least = Integer.MAX_VALUE;
        private int most = -1;

        private void add(Step step) {
            steps.add(step);
            for (int element : step.elements()) {
                least = Math.min(least, element);
                most = Math.max(most, element);
            }
        }

        private int height() {
            return Math.clamp((long) (most - least + 1) * ROW, LEAST_BAND, MOST_BAND);
        }
    }

    /** A launch. */
    private static final class Panel {
        private final String title;
        private final Map<String, Band> bands = new LinkedHashMap<>();
        private final List<Integer> barriers = new ArrayList<>();
        private int times;
        private int cut;

        private Panel(String title) {
            this.title = title;
        }
    }

    /** Active rows by depth. */
    private record Depths(String title, int[] depths) {}

    private final List<Panel> panels = new ArrayList<>();
    private final List<Depths> maps = new ArrayList<>();
    private String version = "";
    private Panel panel;

    /** What is launched from now on belongs to this version. */
    void begin(String name) {
        finish();
        version = name;
    }

    /** Draws which tokens a model computed at which depth. @param depths the last depth of each token, from 1 */
    void activeRows(int[] depths) {
        maps.add(new Depths(version + ": active rows by depth", depths));
    }

    @Override
    protected void launch(Shape shape) {
        super.launch(shape);
        int dot = shape.task().indexOf('.');
        String items = shape.loop() ? "the first 32 iterations" : "the first group";
        panel = new Panel(version + ", task " + shape.task().substring(dot + 1) + ": " + items);
        panels.add(panel);
    }

    @Override
    protected void step(Step step) {
        if (step.group() != 0 || step.warp() >= WARPS) {
            return;
        }
        if (step.time() >= TIMES) {
            panel.cut = Math.max(panel.cut, step.time() + 1 - TIMES);
            return;
        }
        panel.times = Math.max(panel.times, step.time() + 1);
        panel.bands.computeIfAbsent(step.memory().name(), name -> new Band()).add(step);
    }

    @Override
    protected void met(String task, long ofGroup, int time) {
        if (ofGroup == 0 && time < TIMES) {
            panel.barriers.add(time);
            panel.times = Math.max(panel.times, time + 1);
        }
    }

    /** The whole as one SVG document. */
    String svg() {
        StringBuilder body = new StringBuilder();
        int y = 10;
        int width = LEFT + COLUMN * 20;
        for (Panel one : panels) {
            y = draw(one, y, body);
            width = Math.max(width, LEFT + COLUMN * (one.times + 1) + 20);
        }
        for (Depths one : maps) {
            y = draw(one, y, body);
            width = Math.max(width, LEFT + SQUARE * one.depths.length + 60);
        }
        int legend = y + 16;
        if (panels.isEmpty()) {
            text(
                    body,
                    10,
                    legend,
                    "start",
                    "#333",
                    "Each column is a token, each row a depth; a dark square was computed.");
            return document(Math.max(width, 820), legend + 12, body);
        }
        text(body, 10, legend, "start", "#333", "Each square is an access; its colour is the work-item, from ");
        for (int item = 0; item < WARP; item++) {
            body.append(rect(345 + item * 6, legend - 9, 6, 10, colour(item)));
        }
        text(body, 345 + WARP * 6 + 6, legend, "start", "#333", "0 to 31. Time goes to the right; B is a barrier.");
        text(
                body,
                10,
                legend + 18,
                "start",
                "#333",
                "Below an array: the lines of 128 bytes that a step touches, or the turns that local memory needs (1 is best).");
        width = Math.max(width, 820);
        return document(width, legend + 30, body);
    }

    private static String document(int width, int height, StringBuilder body) {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height
                + "\" font-family=\"sans-serif\" font-size=\"12\">\n"
                + rect(0, 0, width, height, "#ffffff") + body + "</svg>\n";
    }

    private static int draw(Depths map, int top, StringBuilder body) {
        text(body, 10, top + 14, "start", "#000", map.title);
        int deepest = Arrays.stream(map.depths).max().orElse(0);
        int y = top + HEAD - 8;
        for (int depth = 1; depth <= deepest; depth++) {
            int active = 0;
            for (int token = 0; token < map.depths.length; token++) {
                boolean computed = map.depths[token] >= depth;
                active += computed ? 1 : 0;
                body.append(rect(
                        LEFT + token * SQUARE, y, SQUARE - 2, SQUARE - 2, computed ? "hsl(215,75%,45%)" : "#eeeeee"));
            }
            text(body, LEFT - 6, y + SQUARE - 4, "end", "#777", "depth " + depth);
            int end = LEFT + map.depths.length * SQUARE + 6;
            text(body, end, y + SQUARE - 4, "start", "#333", Integer.toString(active));
            y += SQUARE;
        }
        return y + GAP / 2;
    }

    /** The same as a page. */
    String html(String title) {
        return "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>" + escape(title)
                + "</title>\n<body style=\"margin:1em;background:#fff\"><h1 style=\"font:1.3em sans-serif\">"
                + escape(title) + "</h1>\n" + svg() + "</body></html>\n";
    }

    private static int draw(Panel panel, int top, StringBuilder body) {
        text(body, 10, top + 14, "start", "#000", panel.title);
        int y = top + HEAD;
        int first = y;
        for (Map.Entry<String, Band> band : panel.bands.entrySet()) {
            y = draw(band.getKey(), band.getValue(), y, body);
        }
        for (int time : panel.barriers) {
            double x = LEFT + COLUMN * (time + 0.5);
            body.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#000\" stroke-dasharray=\"3 2\"/>%n",
                    x,
                    first - 4,
                    x,
                    y - GAP + 18));
            text(body, (int) x, first - 7, "middle", "#000", "B");
        }
        if (panel.cut > 0) {
            text(body, LEFT, y - 6, "start", "#777", "and " + panel.cut + " more steps of time");
            y += 14;
        }
        return y;
    }

    private static int draw(String name, Band band, int top, StringBuilder body) {
        Use memory = new Use(band);
        int height = band.height();
        text(body, 10, top + 12, "start", "#000", name + (memory.local ? "" : " (" + memory.access + ")"));
        text(body, LEFT - 6, top + 10, "end", "#777", Integer.toString(band.least));
        text(body, LEFT - 6, top + height, "end", "#777", Integer.toString(band.most));
        body.append(rect(LEFT, top, COLUMN * TIMES, height, "#f4f4f4"));
        double row = (double) height / (band.most - band.least + 1);
        int[] figures = new int[TIMES];
        Map<String, StringBuilder> squares = new TreeMap<>();
        for (Step step : band.steps) {
            int figure = step.memory().local() ? Counts.turns(step) : Counts.lines(step);
            figures[step.time()] = Math.max(figures[step.time()], figure);
            for (int i = 0; i < step.items().length; i++) {
                double y = top + (step.elements()[i] - band.least) * row;
                double inset = step.write() ? 1 : 4;
                double width = COLUMN - 2 * inset;
                squares.computeIfAbsent(colour(step.items()[i]), c -> new StringBuilder())
                        .append(String.format(
                                Locale.ROOT,
                                "M%.0f %.1fh%.0fv%.1fh-%.0fz",
                                LEFT + step.time() * COLUMN + inset,
                                y,
                                width,
                                Math.max(1.5, row - 0.5),
                                width));
            }
        }
        squares.forEach((colour, path) -> body.append("<path fill=\"" + colour + "\" d=\"" + path + "\"/>\n"));
        for (int time = 0; time < TIMES; time++) {
            if (figures[time] > 0) {
                String colour = figures[time] == 1 ? "#080" : "#b00";
                int x = LEFT + time * COLUMN + COLUMN / 2;
                text(body, x, top + height + 14, "middle", colour, Integer.toString(figures[time]));
            }
        }
        text(body, 10, top + height + 14, "start", "#777", memory.local ? "turns" : "lines");
        return top + height + GAP;
    }

    /** How a band's array is used. */
    private static final class Use {
        private final boolean local;
        private final String access;

        private Use(Band band) {
            local = band.steps.getFirst().memory().local();
            boolean written = band.steps.stream().anyMatch(Step::write);
            boolean read = band.steps.stream().anyMatch(step -> !step.write());
            access = written && read ? "read, written" : written ? "written" : "read";
        }
    }

    private static String colour(int item) {
        return "hsl(" + item % WARP * 360 / WARP + ",75%," + (item % 2 == 0 ? 45 : 60) + "%)";
    }

    private static String rect(int x, int y, int width, int height, String fill) {
        return "<rect x=\"" + x + "\" y=\"" + y + "\" width=\"" + width + "\" height=\"" + height + "\" fill=\"" + fill
                + "\"/>\n";
    }

    private static void text(StringBuilder body, int x, int y, String anchor, String fill, String text) {
        body.append("<text x=\"" + x + "\" y=\"" + y + "\" text-anchor=\"" + anchor + "\" fill=\"" + fill + "\">"
                + escape(text) + "</text>\n");
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
