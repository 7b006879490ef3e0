// The trade-off: two sliders, and what the last answer cost under each setting that was tried.

const MOST_ROWS = 7;

const thresholdNow = () => settings.threshold ?? model?.threshold ?? 0.5;
const depthNow = () => Math.min(settings.depth ?? recursions(), recursions());

function showSliders() {
  const most = recursions();
  const deep = most > 1;
  const decides = deep && model?.has_threshold === true;
  $('threshold').value = thresholdNow();
  $('depth').max = Math.max(most, 1);
  $('depth').value = Math.max(depthNow(), 1);
  $('threshold').disabled = !decides || depthNow() === 1;
  $('depth').disabled = !deep;
  $('threshold-out').value = fixed(Number($('threshold').value), 2);
  $('depth-out').value = deep ? `${$('depth').value} of ${most}` : '1';
  const note = !model ? '' : !deep ? 'Every token takes the same way through this model: there is no depth to choose.'
    : !decides ? 'The router of this model decides without a threshold; the maximum depth works.'
      : depthNow() === 1 ? 'With a maximum depth of 1 no token goes on, and the threshold decides nothing.' : '';
  $('lab-note').textContent = note;
  $('lab-note').hidden = note === '';
}

/** The slider was let go: keeps the setting, and answers the last question again with the same seed. */
function released() {
  keepSettings({threshold: Number($('threshold').value), depth: Number($('depth').value)});
  showSliders();
  const item = lastAnswer();
  if (!settings.rerun || !item || !model) return;
  // A run that the new setting interrupts is of no use.
  if (live?.item === item && live.rerun) {
    const cut = live.run;
    stop();
    if (item.runs.length > 1 && item.runs.includes(cut)) {
      item.runs.splice(item.runs.indexOf(cut), 1);
      item.shown = item.runs.length - 1;
    }
  }
  stop();
  const run = newRun(shownRun(item).seed);
  const same = item.runs.findIndex(one => !one.error && one.end !== 'stopped' && one.seed === run.seed
    && one.threshold === run.threshold && one.maxDepth === run.maxDepth);
  if (same >= 0) showRun(item, same);
  else {
    answerTo(current.items.indexOf(item) - 1, run.seed);
    if (live) live.rerun = true;
  }
}

function showTradeoff() {
  const item = lastAnswer();
  const all = item ? item.runs.filter(run => run.depths.some(depth => depth > 0) && (run.end || live?.run === run)) : [];
  const rows = all.slice(-MOST_ROWS);
  $('tradeoff').hidden = rows.length === 0 || recursions() < 2;
  if ($('tradeoff').hidden) return;
  const shown = shownRun(item);
  $('runs').tBodies[0].replaceChildren(...rows.map(run => {
    const name = run.threshold === null ? '–' : fixed(run.threshold, 2);
    const pick = make('button', {type: 'button', text: name, 'aria-label': `Show the answer at threshold ${name}, at most ${run.maxDepth} deep`,
      onclick: () => pickRun(item, run)});
    return make('tr', {class: run === shown ? 'now' : '', 'aria-current': run === shown ? 'true' : null},
      make('td', {}, pick), ...[String(run.maxDepth), fixed(meanDepth(run), 2), percent(savedOf(run)), fixed(run.speed, 1)]
        .map(text => make('td', {text})));
  }));
  showChart(rows.filter(run => run.speed > 0), shown);
}

const meanDepth = run => Number.isFinite(run.mean) ? run.mean : meanOf(run.depths);

/** A server that does not say what was saved says how deep the tokens went. */
const savedOf = run => Number.isFinite(run.saved) ? run.saved : NaN;

function pickRun(item, run) {
  if (run.threshold !== null) keepSettings({threshold: run.threshold});
  if (run.maxDepth) keepSettings({depth: run.maxDepth});
  showSliders();
  stop();
  showRun(item, item.runs.indexOf(run));
}

/** Mean depth along the bottom, tokens per second upwards. */
function showChart(rows, shown) {
  const chart = $('chart');
  chart.toggleAttribute('hidden', rows.length < 2);
  if (rows.length < 2) return;
  const [left, right, top, bottom] = [28, 272, 4, 104];
  const fastest = Math.max(...rows.map(run => run.speed)) * 1.2;
  const most = recursions();
  const x = depth => left + 16 + (right - left - 32) * (depth - 1) / (most - 1);
  const y = speed => bottom - (bottom - top) * speed / fastest;
  const parts = [];
  for (let depth = 1; depth <= most; depth++) {
    parts.push(draw('line', {class: 'axis dotted', x1: x(depth), x2: x(depth), y1: top, y2: bottom}),
      draw('text', {x: x(depth), y: bottom + 12, 'text-anchor': 'middle'}, depth));
  }
  parts.push(draw('line', {class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom}),
    draw('text', {x: (left + right) / 2, y: bottom + 23, 'text-anchor': 'middle'}, 'mean depth'),
    draw('text', {x: left - 5, y: y(fastest / 1.2) + 3, 'text-anchor': 'end'}, fixed(fastest / 1.2, 0)),
    draw('text', {x: left - 5, y: bottom, 'text-anchor': 'end'}, '0'));
  const ordered = [...rows].sort((a, b) => meanDepth(a) - meanDepth(b));
  parts.push(draw('polyline', {class: 'path', points: ordered.map(run => `${x(meanDepth(run))},${y(run.speed)}`).join(' ')}));
  for (const run of ordered) {
    const now = run === shown;
    parts.push(draw('circle', {class: now ? 'now' : '', cx: x(meanDepth(run)), cy: y(run.speed), r: now ? 5 : 3.5}));
    const name = run.threshold === null || run.maxDepth < most ? `≤${run.maxDepth}` : fixed(run.threshold, 2);
    parts.push(draw('text', {class: now ? 'now-label' : '', x: x(meanDepth(run)), y: y(run.speed) - 8, 'text-anchor': 'middle'}, name));
  }
  chart.replaceChildren(...parts);
}
