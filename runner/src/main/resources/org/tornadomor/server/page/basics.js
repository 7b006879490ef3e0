// Small helpers. Text reaches the page through textContent alone, so nothing that a model writes is ever taken for HTML.

const $ = id => document.getElementById(id);

/** An element with properties (class, text, attributes, on...) and children. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'text') element.textContent = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

function draw(tag, properties, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function icon(name) {
  const svg = draw('svg', {'aria-hidden': 'true'});
  svg.append(draw('use', {href: '#i-' + name}));
  return svg;
}

/** A button with an icon; its words are a label for those who do not see it, and its tip. */
function button(name, label, action, kind = 'quiet') {
  return make('button', {type: 'button', class: kind, 'aria-label': label, title: label, onclick: action}, icon(name));
}

/** Tells those who listen what happened. */
function say(text) {
  $('status').textContent = text;
}

const fixed = (value, digits) => Number.isFinite(value) ? value.toFixed(digits) : '–';
const percent = share => Number.isFinite(share) ? Math.round(100 * share) + ' %' : '–';

/** A large number in a few letters. */
function short(value) {
  for (const [size, unit] of [[1e9, ' B'], [1e6, ' M'], [1e3, ' k']]) {
    if (value >= size) return (value / size).toPrecision(3).replace(/\.?0+$/, '') + unit;
  }
  return String(value);
}

/** Identifiers and seeds; the page may be served without TLS, where browsers have no crypto.randomUUID. */
const newId = () => Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
const newSeed = () => Math.floor(Math.random() * 2 ** 31);

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS there is no clipboard but the old one.
    const area = make('textarea', {class: 'hidden'});
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  say('Copied');
}

function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], {type: 'application/json'}));
  make('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
