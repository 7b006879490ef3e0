// Depth as colour. Light steps down in one direction only, so that the order shows without any colour vision as well; hues run from
// yellow to violet in the light theme and from violet to green in the dark one. Text keeps a contrast of 4.5 on each of them.

let model = null;

/** Those of the model; until it is known, those that the answers in sight were written with. */
const recursions = () => model?.recursions
  ?? Math.max(0, ...current.items.flatMap(item => item.runs ?? []).map(run => run.of || 0));

function shadeOf(depth, most) {
  const at = most <= 1 ? 0 : (depth - 1) / (most - 1);
  const mix = (from, to) => (from + (to - from) * at).toFixed(3);
  return `light-dark(oklch(${mix(0.965, 0.76)} ${mix(0.045, 0.125)} ${mix(105, 285)}), oklch(${mix(0.29, 0.48)} ${mix(0.05, 0.1)} ${mix(290, 165)}))`;
}

/** Sets the colours of all depths, and the legend. */
function setPalette() {
  const most = recursions();
  const root = document.documentElement;
  for (let depth = 1; depth <= most; depth++) root.style.setProperty('--d' + depth, shadeOf(depth, most));
  const legend = $('legend');
  legend.replaceChildren();
  legend.hidden = most < 2;
  if (most >= 2) {
    legend.append('depth', ...Array.from({length: most}, (_, i) => shaded(make('i', {text: i + 1}), i + 1)));
    legend.setAttribute('aria-label', `Legend: depth 1 to ${most}, the stronger the deeper`);
  }
}

function shaded(element, depth) {
  if (depth > 0) element.style.setProperty('--shade', `var(--d${Math.min(depth, Math.max(recursions(), 1))})`);
  return element;
}

/** Adds tokens to an element. Tokens that end within a character have no text: the next one tells of their depths. */
function appendTokens(element, pieces, depths) {
  const added = document.createDocumentFragment();
  for (let i = 0; i < pieces.length; i++) {
    const silent = element.silent ??= [];
    if (pieces[i] === '') {
      silent.push(depths[i]);
      continue;
    }
    const token = shaded(make('span', {class: pieces[i].endsWith('\n') ? 't ends' : 't', text: pieces[i], 'data-d': depths[i] || null}), depths[i]);
    if (silent.length > 0) token.dataset.before = silent.join(', ');
    element.silent = [];
    added.append(token);
  }
  element.append(added);
}

/** What the tip says of a token. */
function tokenWords(token) {
  const shown = token.textContent.replace(/\n/g, '⏎').replace(/\t/g, '⇥').replace(/ /g, '␣');
  const depth = Number(token.dataset.d);
  if (!depth) return `${shown}  depth unknown`;
  const before = token.dataset.before ? `, its first bytes ${token.dataset.before}` : '';
  return `${shown}  depth ${depth} of ${recursions() || '?'}${before}`;
}

function showTip(token) {
  const tip = $('tip');
  tip.textContent = tokenWords(token);
  tip.hidden = false;
  const at = token.getClientRects()[0] ?? token.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  tip.style.left = Math.max(6, Math.min(at.left, innerWidth - size.width - 6)) + 'px';
  tip.style.top = (at.top - size.height - 6 < 0 ? at.bottom + 6 : at.top - size.height - 6) + 'px';
}

const hideTip = () => { $('tip').hidden = true; };

/** Tips for the pointer, and a walk through the tokens of a focused answer for the keyboard. */
function watchTokens(container) {
  container.addEventListener('pointerover', event => event.target.closest('.t') ? showTip(event.target.closest('.t')) : hideTip());
  container.addEventListener('pointerleave', hideTip);
  container.addEventListener('keydown', event => {
    const text = event.target.closest('.tokens');
    const step = {ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity}[event.key];
    if (!text || text !== event.target || step === undefined) return;
    const tokens = [...text.querySelectorAll('.t')];
    if (tokens.length === 0) return;
    event.preventDefault();
    const now = tokens.findIndex(token => token.classList.contains('at'));
    const next = tokens[Math.max(0, Math.min(tokens.length - 1, now + step))];
    tokens[now]?.classList.remove('at');
    next.classList.add('at');
    next.scrollIntoView({block: 'nearest'});
    showTip(next);
    say(tokenWords(next));
  });
  container.addEventListener('focusout', event => {
    event.target.querySelector?.('.t.at')?.classList.remove('at');
    hideTip();
  });
}

const meanOf = depths => {
  const known = depths.filter(depth => depth > 0);
  return known.length === 0 ? NaN : known.reduce((sum, depth) => sum + depth, 0) / known.length;
};

/** A bar that shows how many tokens took each depth. */
function shareBar(depths) {
  const most = recursions();
  const counts = Array.from({length: most}, (_, i) => depths.filter(depth => depth === i + 1).length);
  const all = counts.reduce((a, b) => a + b, 0);
  if (most < 2 || all === 0) return null;
  const words = counts.map((count, i) => `depth ${i + 1}: ${Math.round(100 * count / all)} %`).join(', ');
  return make('span', {class: 'share', role: 'img', 'aria-label': words, title: words}, ...counts.map((count, i) => {
    const part = shaded(make('i', {text: count / all > 0.12 ? i + 1 : ''}), i + 1);
    part.style.setProperty('--part', count);
    return part;
  }));
}
