(function () {
  "use strict";

  var SVG = "http://www.w3.org/2000/svg";
  var data = JSON.parse(document.getElementById("data").textContent);
  var runs = data.runs;
  var many = runs.length > 1;
  var hidden = {};
  var xAxis = "step";
  var zoomed = false;
  var charts = [];

  var AXES = {
    step: {title: "optimiser steps", format: count},
    tokens: {title: "training tokens", format: count},
    flops: {title: "training FLOPs of the model", format: count},
    seconds: {title: "training time", format: duration}
  };

  // Text and numbers

  function count(value) {
    if (value !== 0 && Math.abs(value) < 1) {
      return String(+value.toPrecision(3));
    }
    var units = ["", "k", "M", "G", "T", "P", "E", "Z"];
    var unit = 0;
    while (Math.abs(value) >= 999.95 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return +value.toPrecision(4) + units[unit];
  }

  function duration(seconds) {
    if (seconds >= 86400) { return +(seconds / 86400).toPrecision(3) + " d"; }
    if (seconds >= 3600) { return +(seconds / 3600).toPrecision(3) + " h"; }
    if (seconds >= 60) { return +(seconds / 60).toPrecision(3) + " min"; }
    return +seconds.toPrecision(3) + " s";
  }

  function exact(value) {
    var size = Math.abs(value);
    return size >= 1000 ? Math.round(value).toLocaleString("en") : size >= 100 ? value.toFixed(1) : String(+value.toPrecision(4));
  }

  function percent(value) {
    return +(100 * value).toFixed(1) + " %";
  }

  // Elements

  function element(parent, name, attributes, text) {
    var svg = parent.namespaceURI === SVG || name === "svg";
    var made = svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (var key in attributes || {}) {
      made.setAttribute(key, attributes[key]);
    }
    if (text !== undefined) {
      made.textContent = text;
    }
    parent.appendChild(made);
    return made;
  }

  function swatch(parent, line) {
    var svg = element(parent, "svg", {"class": "swatch", viewBox: "0 0 22 10", "aria-hidden": "true"});
    if (line.fill) {
      element(svg, "rect", {x: 4, y: 0, width: 14, height: 10, rx: 2, style: "fill:" + line.colour});
      return;
    }
    stroke(element(svg, "line", {x1: 1, x2: 21, y1: 5, y2: 5}), line);
    if (line.dots) {
      element(svg, "circle", {cx: 11, cy: 5, r: 3, style: "fill:" + line.colour});
    }
  }

  function stroke(shape, line) {
    shape.setAttribute("style", "fill:none;stroke:" + line.colour + ";stroke-width:" + (line.width || 1.8)
      + (line.dash ? ";stroke-dasharray:" + line.dash : "") + (line.faint ? ";opacity:.35" : ""));
    shape.setAttribute("stroke-linejoin", "round");
    return shape;
  }

  function look(run) {
    var dashes = ["", "6 3", "2 3", "8 3 2 3"];
    return {colour: "var(--c" + run % 10 + ")", dash: dashes[Math.floor(run / 10) % dashes.length]};
  }

  // What is drawn: every chart gives its lines, each with x, y and a look

  function line(run, table, column, style) {
    var source = runs[run][table];
    var made = {x: source[xAxis], y: source[column] || [], label: runs[run].name};
    var base = look(run);
    for (var key in base) { made[key] = base[key]; }
    for (var other in style || {}) { made[other] = style[other]; }
    return made;
  }

  function shown() {
    var list = [];
    for (var i = 0; i < runs.length; i++) {
      if (!hidden[i]) { list.push(i); }
    }
    return list;
  }

  function ofAll(table, column, style) {
    return function () {
      return shown().map(function (run) { return line(run, table, column, style); });
    };
  }

  function lossOfOne() {
    return [
      line(0, "steps", "loss", {label: "training", faint: true, width: 1, low: runs[0].steps.lossLow, high: runs[0].steps.lossHigh}),
      line(0, "steps", "smooth", {label: "training, smoothed over " + runs[0].smoothing + " steps", width: 2.2}),
      line(0, "evaluations", "loss", {label: "validation, routed as in training", colour: "var(--c1)", dots: true}),
      line(0, "evaluations", "causal", {label: "validation, routed as in generation", colour: "var(--c4)", dots: true, dash: "5 3"})
    ];
  }

  function family(table, prefix, first, label) {
    return function () {
      var lines = [];
      for (var r = first; r <= runs[0].recursions; r++) {
        lines.push(line(0, table, prefix + r, {label: label + " " + r, colour: depth(r), dots: table === "evaluations"}));
      }
      return lines;
    };
  }

  function stack(table, prefix) {
    return function () {
      var lines = family(table, prefix, 1, "depth")();
      lines.forEach(function (it) { it.fill = true; });
      return lines;
    };
  }

  function depth(r) {
    return "var(--d" + Math.min(r, 6) + ")";
  }

  function has(table, column) {
    return runs.some(function (run) {
      return (run[table][column] || []).some(function (value) { return value !== null; });
    });
  }

  function define() {
    var nats = "nats a token, the language model's cross-entropy";
    var defined = [];
    if (many) {
      defined.push({title: "Validation loss, routed as in generation", unit: nats, lines: ofAll("evaluations", "causal", {dots: true}), wide: true, loss: true});
      defined.push({title: "Validation loss, routed as in training", unit: nats, lines: ofAll("evaluations", "loss", {dots: true}), loss: true});
      defined.push({title: "Training loss, smoothed", unit: nats, lines: ofAll("steps", "smooth"), loss: true});
    } else {
      defined.push({title: "Loss", unit: nats, lines: lossOfOne, wide: true, loss: true});
    }
    defined.push({title: "Speed", unit: "tokens per second, of each step", lines: ofAll("steps", "rate"), zero: true});
    defined.push({title: "Gradient norm", unit: "before clipping", lines: ofAll("steps", "norm"), log: true});
    defined.push({title: "Learning rate", unit: "", lines: ofAll("steps", "lr"), zero: true});
    var routed = runs.some(function (run) { return run.routed; });
    if (routed && many) {
      defined.push({title: "Mean depth in training", unit: "recursions a token", lines: ofAll("steps", "depth")});
      defined.push({title: "Mean depth as in generation", unit: "recursions a token, held-out text", lines: ofAll("evaluations", "depth", {dots: true})});
    } else if (routed) {
      defined.push({title: "Depth shares in training", unit: "share of tokens that end at a depth", lines: stack("steps", "share"), share: true, stacked: true});
      defined.push({title: "Depth shares as in generation", unit: "share of held-out tokens", lines: stack("evaluations", "causalShare"), share: true, stacked: true});
    }
    if (has("evaluations", "accuracy")) {
      defined.push({title: "Router accuracy", unit: "share of decisions where threshold and top-k agree",
        lines: many ? ofAll("evaluations", "accuracy", {dots: true}) : family("evaluations", "accuracy", 2, "to depth"), share: true});
    }
    if (has("evaluations", "violation")) {
      defined.push({title: "Balance of depths", unit: "largest violation: 0 is perfect balance", lines: ofAll("evaluations", "violation", {dots: true}), zero: true});
    }
    if (has("evaluations", "entropy")) {
      defined.push({title: "Router entropy", unit: "nats", lines: ofAll("evaluations", "entropy", {dots: true}), zero: true});
    }
    return defined;
  }

  // Scales

  function ticks(low, high, wanted, least) {
    var step = Math.max(least || 0, Math.pow(10, Math.floor(Math.log10((high - low) / wanted))));
    [1, 2, 2.5, 5, 10].some(function (factor) {
      if ((high - low) / (step * factor) <= wanted) {
        step *= factor;
        return true;
      }
      return false;
    });
    var list = [];
    for (var i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
      list.push(+(i * step).toPrecision(12));
    }
    return list;
  }

  function timeTicks(high, wanted) {
    var steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000];
    for (var i = 0; i < steps.length; i++) {
      if (high / steps[i] <= wanted) {
        var list = [];
        for (var value = 0; value <= high * 1.0001; value += steps[i]) { list.push(+value.toPrecision(12)); }
        return list;
      }
    }
    return ticks(0, high, wanted);
  }

  function logTicks(low, high) {
    var few = Math.log10(high / low) < 2.5;
    var list = [];
    for (var e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
      (few ? [1, 2, 5] : [1]).forEach(function (factor) {
        var value = +(factor * Math.pow(10, e)).toPrecision(6);
        if (value >= low * 0.9999 && value <= high * 1.0001) { list.push(value); }
      });
    }
    return list;
  }

  function domain(chart, lines) {
    var highX = 0;
    lines.forEach(function (it) { it.x.forEach(function (x) { highX = Math.max(highX, x); }); });
    var from = zoomed && chart.loss ? 0.2 * highX : 0;
    var low = Infinity;
    var high = -Infinity;
    lines.forEach(function (it) {
      it.y.forEach(function (y, i) {
        if (y !== null && it.x[i] >= from && (!chart.log || y > 0)) {
          low = Math.min(low, it.low && it.low[i] !== null ? it.low[i] : y);
          high = Math.max(high, y);
        }
      });
    });
    if (low === Infinity) { return null; }
    if (chart.stacked) {
      low = 0;
      high = 1;
    } else if (chart.log) {
      low /= 1.15;
      high *= 1.15;
    } else {
      if (chart.zero) { low = Math.min(0, low); }
      var room = (high - low || Math.abs(high) || 1) * 0.06;
      high += room;
      if (!(chart.zero && low === 0)) { low = low >= 0 ? Math.max(0, low - room) : low - room; }
      if (chart.share) { high = Math.min(1, high); low = Math.min(low, high - 0.01); }
    }
    return {fromX: from, highX: highX || 1, low: low, high: high};
  }

  // Drawing

  function draw(chart) {
    var lines = chart.lines().filter(function (it) { return it.y.some(function (y) { return y !== null; }); });
    chart.area.textContent = "";
    chart.legend.textContent = "";
    chart.tip.hidden = true;
    var range = domain(chart, lines);
    if (!range) {
      element(chart.area, "div", {"class": "none"}, "nothing to show yet");
      chart.drawn = null;
      return;
    }
    if (!many) {
      if (lines.length > 1) { lines.forEach(function (it) { swatch(element(chart.legend, "span"), it); chart.legend.lastChild.append(it.label); }); }
    }
    var width = Math.max(240, chart.area.clientWidth);
    var height = chart.wide ? Math.min(380, Math.max(250, width * 0.42)) : 220;
    var svg = element(chart.area, "svg", {"class": "plot", viewBox: "0 0 " + width + " " + height, height: height, role: "img", "aria-label": chart.title});
    var format = chart.share ? percent : count;
    var yTicks = chart.log ? logTicks(range.low, range.high) : [];
    if (yTicks.length < 3) { yTicks = ticks(range.low, range.high, height / 42); }
    var widest = yTicks.reduce(function (most, tick) { return Math.max(most, format(tick).length); }, 2);
    var box = {left: 12 + 6.6 * widest, right: width - 14, top: 8, bottom: height - 38};
    var plot = {box: box, width: width, height: height, range: range,
      x: function (value) { return box.left + (value - range.fromX) / (range.highX - range.fromX) * (box.right - box.left); },
      y: function (value) {
        var share = chart.log ? Math.log(value / range.low) / Math.log(range.high / range.low) : (value - range.low) / (range.high - range.low);
        return box.bottom - share * (box.bottom - box.top);
      }};
    drawAxes(svg, plot, yTicks, format);
    var clip = "clip" + chart.number;
    var clipPath = element(element(svg, "defs"), "clipPath", {id: clip});
    element(clipPath, "rect", {x: box.left - 4, y: box.top - 4, width: box.right - box.left + 8, height: box.bottom - box.top + 8});
    var group = element(svg, "g", {"clip-path": "url(#" + clip + ")"});
    if (chart.stacked) {
      drawStack(group, plot, lines);
    } else {
      lines.forEach(function (it) { drawLine(group, plot, it, chart.log); });
    }
    chart.drawn = {lines: lines, plot: plot, format: chart.share ? percent : exact};
    chart.cursor = element(svg, "line", {"class": "cursor", y1: box.top, y2: box.bottom, visibility: "hidden"});
  }

  function drawAxes(svg, plot, yTicks, format) {
    var box = plot.box;
    yTicks.forEach(function (tick) {
      var y = Math.round(plot.y(tick)) + 0.5;
      element(svg, "line", {"class": "grid", x1: box.left, x2: box.right, y1: y, y2: y});
      element(svg, "text", {x: box.left - 6, y: y + 4, "text-anchor": "end"}, format(tick));
    });
    element(svg, "line", {"class": "axis", x1: box.left, x2: box.right, y1: box.bottom + 0.5, y2: box.bottom + 0.5});
    var wanted = Math.max(2, (box.right - box.left) / 85);
    var list = xAxis === "seconds" && !plot.range.fromX ? timeTicks(plot.range.highX, wanted) : ticks(plot.range.fromX, plot.range.highX, wanted, xAxis === "step" || xAxis === "tokens" ? 1 : 0);
    list.forEach(function (tick) {
      var x = plot.x(tick);
      element(svg, "line", {"class": "axis", x1: x, x2: x, y1: box.bottom, y2: box.bottom + 4});
      var anchor = x > plot.width - 30 ? "end" : "middle";
      element(svg, "text", {x: anchor === "end" ? box.right + 8 : x, y: box.bottom + 16, "text-anchor": anchor}, AXES[xAxis].format(tick));
    });
    element(svg, "text", {x: (box.left + box.right) / 2, y: plot.height - 4, "text-anchor": "middle"}, AXES[xAxis].title);
  }

  function drawLine(group, plot, it, log) {
    if (it.low && it.high) { drawBand(group, plot, it); }
    var path = "";
    var pen = false;
    var points = 0;
    it.y.forEach(function (y, i) {
      if (y === null || log && y <= 0) {
        pen = false;
        return;
      }
      path += (pen ? "L" : "M") + plot.x(it.x[i]).toFixed(1) + " " + plot.y(y).toFixed(1);
      pen = true;
      points++;
    });
    stroke(element(group, "path", {d: path}), it);
    if (points === 1 || it.dots && points <= 60 && shown().length <= 8) {
      it.y.forEach(function (y, i) {
        if (y !== null) { element(group, "circle", {cx: plot.x(it.x[i]).toFixed(1), cy: plot.y(y).toFixed(1), r: points === 1 ? 4 : 2.6, style: "fill:" + it.colour}); }
      });
    }
  }

  function drawBand(group, plot, it) {
    var up = "";
    var down = "";
    it.low.forEach(function (low, i) {
      if (low !== null && it.high[i] !== null) {
        var x = plot.x(it.x[i]).toFixed(1);
        up += (up ? "L" : "M") + x + " " + plot.y(it.high[i]).toFixed(1);
        down = "L" + x + " " + plot.y(low).toFixed(1) + down;
      }
    });
    if (up) { element(group, "path", {d: up + down + "Z", style: "fill:" + it.colour + ";opacity:.15"}); }
  }

  function drawStack(group, plot, lines) {
    var base = lines[0].x.map(function () { return 0; });
    var single = lines[0].x.length === 1;
    lines.forEach(function (it) {
      var up = "";
      var down = "";
      it.y.forEach(function (y, i) {
        var x = plot.x(it.x[i]);
        var top = plot.y(Math.min(1, base[i] + (y || 0))).toFixed(1);
        var bottom = plot.y(base[i]).toFixed(1);
        (single ? [x - 6, x + 2] : [x]).forEach(function (at) {
          up += (up ? "L" : "M") + at.toFixed(1) + " " + top;
          down = "L" + at.toFixed(1) + " " + bottom + down;
        });
        base[i] += y || 0;
      });
      element(group, "path", {d: up + down + "Z", style: "fill:" + it.colour + ";opacity:.8"});
    });
  }

  // Pointing

  function nearest(xs, ys, value) {
    var best = -1;
    xs.forEach(function (x, i) {
      if (ys[i] !== null && ys[i] !== undefined && (best < 0 || Math.abs(x - value) < Math.abs(xs[best] - value))) { best = i; }
    });
    return best;
  }

  function point(chart, event) {
    if (!chart.drawn) { return; }
    var plot = chart.drawn.plot;
    var area = chart.area.getBoundingClientRect();
    var at = (event.clientX - area.left) * plot.width / area.width;
    if (at < plot.box.left - 8 || at > plot.box.right + 8) {
      leave(chart);
      return;
    }
    var value = plot.range.fromX + (at - plot.box.left) / (plot.box.right - plot.box.left) * (plot.range.highX - plot.range.fromX);
    var rows = chart.drawn.lines.map(function (it) {
      var i = nearest(it.x, it.y, value);
      return {line: it, x: it.x[i], y: it.y[i]};
    });
    var closest = rows.reduce(function (a, b) { return Math.abs(b.x - value) < Math.abs(a.x - value) ? b : a; });
    if (many) { rows.sort(function (a, b) { return a.y - b.y; }); }
    chart.cursor.setAttribute("x1", plot.x(closest.x));
    chart.cursor.setAttribute("x2", plot.x(closest.x));
    chart.cursor.setAttribute("visibility", "visible");
    chart.tip.textContent = "";
    var where = xAxis === "seconds" ? duration(closest.x) : exact(closest.x) + " " + (xAxis === "step" ? "steps" : xAxis === "tokens" ? "tokens" : "FLOPs");
    element(chart.tip, "b", {}, where);
    rows.forEach(function (row) {
      var entry = element(chart.tip, "div");
      swatch(entry, row.line);
      element(entry, "span", {}, row.line.label);
      element(entry, "i", {}, chart.drawn.format(row.y));
    });
    chart.tip.hidden = false;
    var space = chart.card.getBoundingClientRect();
    var x = event.clientX - space.left;
    chart.tip.style.left = Math.max(4, x > space.width / 2 ? x - chart.tip.offsetWidth - 14 : x + 14) + "px";
    chart.tip.style.top = Math.max(4, event.clientY - space.top - chart.tip.offsetHeight - 10) + "px";
  }

  function leave(chart) {
    chart.tip.hidden = true;
    if (chart.cursor) { chart.cursor.setAttribute("visibility", "hidden"); }
  }

  // Putting it together

  function build() {
    var parent = document.getElementById("charts");
    define().forEach(function (chart, number) {
      chart.number = number;
      chart.card = element(parent, "section", {"class": "card chart" + (chart.wide ? " wide" : "")});
      element(chart.card, "h3", {}, chart.title);
      element(chart.card, "div", {"class": "note"}, chart.unit);
      chart.legend = element(chart.card, "div", {"class": "legend"});
      chart.area = element(chart.card, "div");
      chart.tip = element(chart.card, "div", {"class": "tip"});
      chart.tip.hidden = true;
      chart.area.addEventListener("pointermove", function (event) { point(chart, event); });
      chart.area.addEventListener("pointerleave", function () { leave(chart); });
      charts.push(chart);
    });
    buildRuns();
    buildSwitches();
    redraw();
    new ResizeObserver(redraw).observe(parent);
  }

  function buildRuns() {
    var parent = document.getElementById("runs");
    if (!parent) { return; }
    runs.forEach(function (run, i) {
      var chip = element(parent, "button", {"class": "chip", type: "button", "aria-pressed": "true", title: run.name});
      swatch(chip, look(i));
      element(chip, "span", {}, run.name);
      chip.addEventListener("click", function () {
        hidden[i] = !hidden[i];
        chip.setAttribute("aria-pressed", String(!hidden[i]));
        redraw();
      });
    });
  }

  function buildSwitches() {
    document.querySelectorAll("[data-x]").forEach(function (button) {
      button.addEventListener("click", function () {
        xAxis = button.getAttribute("data-x");
        press("[data-x]", button);
        redraw();
      });
    });
    document.getElementById("zoom").addEventListener("change", function (event) {
      zoomed = event.target.checked;
      redraw();
    });
    document.querySelectorAll("[data-colours]").forEach(function (button) {
      button.addEventListener("click", function () {
        document.querySelectorAll(".map").forEach(function (map) {
          map.classList.remove("bydepth", "byloss");
          map.classList.add(button.getAttribute("data-colours"));
        });
        press("[data-colours]", button);
      });
    });
  }

  function press(group, button) {
    document.querySelectorAll(group).forEach(function (other) {
      other.setAttribute("aria-pressed", String(other.getAttribute(group.slice(1, -1)) === button.getAttribute(group.slice(1, -1))));
    });
  }

  var lastWidth = 0;

  function redraw(entries) {
    var width = document.getElementById("charts").clientWidth;
    if (entries && width === lastWidth) { return; }
    lastWidth = width;
    charts.forEach(draw);
  }

  build();
})();
