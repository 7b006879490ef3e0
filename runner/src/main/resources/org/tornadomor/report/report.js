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

  var TIMES = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000];
  var MOST_DOTS = 60;
  var MOST_DOTTED_LINES = 8;

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
      element(svg, "rect", {x: 4, y: 0, width: 14, height: 10, rx: 2, style: "fill:var(" + line.colour + ")"});
      return;
    }
    stroke(element(svg, "line", {x1: 1, x2: 21, y1: 5, y2: 5}), line);
    if (line.dots) {
      element(svg, "circle", {cx: 11, cy: 5, r: 3, style: "fill:var(" + line.colour + ")"});
    }
  }

  function stroke(shape, line) {
    shape.setAttribute("style", "fill:none;stroke:var(" + line.colour + ");stroke-width:" + (line.width || 1.8)
      + (line.dash ? ";stroke-dasharray:" + line.dash : "") + (line.faint ? ";opacity:.35" : ""));
    shape.setAttribute("stroke-linejoin", "round");
    return shape;
  }

  function look(run) {
    var dashes = ["", "6 3", "2 3", "8 3 2 3"];
    return {colour: "--c" + run % 10, dash: dashes[Math.floor(run / 10) % dashes.length]};
  }

  /** The value of one of the page's colours as it is now: a canvas knows no variables, and light may turn to dark. */
  function colour(name, alpha) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim() + (alpha || "");
  }

  // What is drawn: every chart gives its lines, each with x, y and a look

  function line(run, table, column, style) {
    var source = runs[run][table] || {};
    var made = {x: source[xAxis] || [], y: source[column] || [], label: runs[run].name};
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
      line(0, "evaluations", "loss", {label: "validation, routed as in training", colour: "--c1", dots: true}),
      line(0, "evaluations", "causal", {label: "validation, routed as in generation", colour: "--c4", dots: true, dash: "5 3"})
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
    return "--d" + Math.min(r, 6);
  }

  function has(table, column) {
    return runs.some(function (run) {
      return ((run[table] || {})[column] || []).some(function (value) { return value !== null; });
    });
  }

  function define() {
    var loss = data.unit + ", the language model's cross-entropy";
    var defined = [];
    if (many) {
      defined.push({title: "Validation loss, routed as in generation", unit: loss, lines: ofAll("evaluations", "causal", {dots: true}), wide: true, loss: true});
      defined.push({title: "Validation loss, routed as in training", unit: loss, lines: ofAll("evaluations", "loss", {dots: true}), loss: true});
      defined.push({title: "Training loss, smoothed", unit: loss, lines: ofAll("steps", "smooth"), loss: true});
    } else {
      defined.push({title: "Loss", unit: loss, lines: lossOfOne, wide: true, loss: true});
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
    if (has("exchanges", "waiting")) {
      defined.push({title: "Waiting of workers", unit: "share of an exchange in which they did not compute", lines: ofAll("exchanges", "waiting"), share: true});
    }
    return defined;
  }

  // Drawing

  function draw(chart) {
    var lines = chart.lines().filter(function (it) { return it.y.some(function (y) { return y !== null; }); });
    if (chart.plot) { chart.plot.destroy(); }
    chart.plot = null;
    chart.area.textContent = "";
    chart.legend.textContent = "";
    chart.tip.hidden = true;
    chart.drawn = lines;
    if (!lines.length) {
      element(chart.area, "div", {"class": "none"}, "nothing to show yet");
      return;
    }
    if (!many && lines.length > 1) {
      lines.forEach(function (it) { swatch(element(chart.legend, "span"), it); chart.legend.lastChild.append(it.label); });
    }
    var series = [{}];
    var tables = [];
    var bands = [];
    (chart.stacked ? stacked(lines) : lines).forEach(function (it) {
      series.push(style(it, chart.stacked));
      tables.push([it.x, it.y]);
      if (it.low && it.high) {
        bands.push({series: [series.length + 1, series.length], fill: function () { return colour(it.colour, "26"); }});
        [it.low, it.high].forEach(function (edge) {
          series.push({width: 0, points: {show: false}, auto: edge === it.low});
          tables.push([it.x, edge]);
        });
      }
    });
    var width = Math.max(240, chart.area.clientWidth);
    chart.plot = new uPlot({
      width: width,
      height: chart.wide ? Math.min(380, Math.max(250, width * 0.42)) : 220,
      padding: [8, 12, 0, 0],
      series: series,
      bands: bands,
      scales: {
        x: {time: false, range: function (plot, low, high) { return across(plot, chart, low, high); }},
        y: {distr: chart.log ? 3 : 1, range: function (plot, low, high) { return upwards(chart, low, high); }}
      },
      axes: [
        axis({label: AXES[xAxis].title, labelSize: 18, size: 26, space: 70, incrs: xAxis === "seconds" ? TIMES : undefined,
          grid: {show: false}, values: labels(AXES[xAxis].format)}),
        axis({size: widest, space: 30, values: labels(chart.share ? percent : count)})
      ],
      cursor: {y: false, points: {show: false}},
      legend: {show: false},
      hooks: {setCursor: [function (plot) { point(chart, plot); }]}
    }, uPlot.join(tables), chart.area);
  }

  /** Each depth on top of those below it; the highest is first, so that the others are drawn over it. */
  function stacked(lines) {
    var sums = lines[0].x.map(function () { return 0; });
    return lines.map(function (it) {
      sums = sums.map(function (sum, i) { return Math.min(1, sum + (it.y[i] || 0)); });
      return {x: it.x, y: sums, colour: it.colour};
    }).reverse();
  }

  function style(it, filled) {
    var points = it.y.filter(function (y) { return y !== null; }).length;
    var dots = !filled && (points === 1 || it.dots && points <= MOST_DOTS && shown().length <= MOST_DOTTED_LINES);
    var made = {
      stroke: function () { return colour(it.colour, it.faint ? "59" : ""); },
      width: filled ? 0 : it.width || 1.8,
      dash: it.dash ? it.dash.split(" ").map(Number) : undefined,
      points: {show: dots, size: points === 1 ? 8 : 5, width: 0, fill: function () { return colour(it.colour); }}
    };
    if (filled) {
      made.fill = function () { return colour(it.colour); };
      // An area over one place has no width.
      if (points === 1) { made.paths = uPlot.paths.bars({size: [1, 16]}); }
    }
    return made;
  }

  function axis(its) {
    var font = "11px system-ui, sans-serif";
    var made = {
      stroke: function () { return colour("--soft"); },
      grid: {stroke: function () { return colour("--grid"); }, width: 1},
      ticks: {stroke: function () { return colour("--line"); }, width: 1, size: 4},
      font: font, labelFont: font, gap: 4, labelGap: 0
    };
    for (var key in its) { made[key] = its[key]; }
    return made;
  }

  function labels(format) {
    return function (plot, splits) {
      return splits.map(function (value) { return value === null ? "" : format(value); });
    };
  }

  function widest(plot, values) {
    return 14 + 6.6 * (values || []).reduce(function (most, value) { return Math.max(most, value ? value.length : 0); }, 2);
  }

  /** From nothing, or without the first fifth, to the end; a drag over the curves chooses another part. */
  function across(plot, chart, low, high) {
    var all = plot.data[0];
    if (low !== all[0] || high !== all[all.length - 1]) { return [low, high]; }
    return [zoomed && chart.loss ? 0.2 * high : 0, high || 1];
  }

  function upwards(chart, low, high) {
    if (chart.stacked) { return [0, 1]; }
    if (low === null) { return chart.log ? [0.1, 1] : [0, 1]; }
    if (chart.log) { return uPlot.rangeLog(low, high, 10, false); }
    if (chart.zero) { low = Math.min(0, low); }
    var room = (high - low || Math.abs(high) || 1) * 0.06;
    high += room;
    if (!(chart.zero && low === 0)) { low = low >= 0 ? Math.max(0, low - room) : low - room; }
    return chart.share ? [Math.min(low, Math.min(1, high) - 0.01), Math.min(1, high)] : [low, high];
  }

  // Pointing

  function nearest(xs, ys, value) {
    var best = -1;
    xs.forEach(function (x, i) {
      if (ys[i] !== null && ys[i] !== undefined && (best < 0 || Math.abs(x - value) < Math.abs(xs[best] - value))) { best = i; }
    });
    return best;
  }

  function point(chart, plot) {
    var left = plot.cursor.left;
    if (left === undefined || left === null || left < 0) {
      chart.tip.hidden = true;
      return;
    }
    var value = plot.posToVal(left, "x");
    var rows = chart.drawn.map(function (it) {
      var i = nearest(it.x, it.y, value);
      return {line: it, x: it.x[i], y: it.y[i]};
    });
    var closest = rows.reduce(function (a, b) { return Math.abs(b.x - value) < Math.abs(a.x - value) ? b : a; });
    if (many) { rows.sort(function (a, b) { return a.y - b.y; }); }
    chart.tip.textContent = "";
    var where = xAxis === "seconds" ? duration(closest.x) : exact(closest.x) + " " + (xAxis === "step" ? "steps" : xAxis === "tokens" ? "tokens" : "FLOPs");
    element(chart.tip, "b", {}, where);
    var format = chart.share ? percent : exact;
    rows.forEach(function (row) {
      var entry = element(chart.tip, "div");
      swatch(entry, row.line);
      element(entry, "span", {}, row.line.label);
      element(entry, "i", {}, format(row.y));
    });
    chart.tip.hidden = false;
    var card = chart.card.getBoundingClientRect();
    var over = plot.over.getBoundingClientRect();
    var x = over.left - card.left + left;
    chart.tip.style.left = Math.max(4, x > card.width / 2 ? x - chart.tip.offsetWidth - 14 : x + 14) + "px";
    chart.tip.style.top = Math.max(4, over.top - card.top + plot.cursor.top - chart.tip.offsetHeight - 10) + "px";
  }

  // Putting it together

  function build() {
    var parent = document.getElementById("charts");
    define().forEach(function (chart) {
      chart.card = element(parent, "section", {"class": "card chart" + (chart.wide ? " wide" : "")});
      element(chart.card, "h3", {}, chart.title);
      element(chart.card, "div", {"class": "note"}, chart.unit);
      chart.legend = element(chart.card, "div", {"class": "legend"});
      chart.area = element(chart.card, "div", {"class": "plot", role: "img", "aria-label": chart.title});
      chart.tip = element(chart.card, "div", {"class": "tip"});
      chart.tip.hidden = true;
      charts.push(chart);
    });
    buildRuns();
    buildSwitches();
    redraw();
    new ResizeObserver(redraw).observe(parent);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () { redraw(); });
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
