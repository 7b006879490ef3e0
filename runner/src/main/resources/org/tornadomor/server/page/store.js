// What the browser keeps: settings, and each conversation under a key of its own, so that several tabs do not write over each other.
//
// A conversation: {id, title, mode: 'chat' | 'completion', changed, items}. Items alternate:
//   {role: 'user', text}
//   {role: 'assistant', runs: [RUN], shown}   several runs are answers to the same words under different settings
// RUN: {pieces, depths (a number for each piece), seed, threshold, maxDepth, mean, saved, speed, prompt, tokens, end, error}

const SETTINGS = 'tornadomor.settings';
const CONVERSATION = 'tornadomor.conversation.';

const FIRST_SETTINGS = {
  system: '', temperature: '0.8', max_tokens: '256', top_p: '1', top_k: '40', min_p: '0', repetition_penalty: '1', seed: '',
  stop: '', key: '', threshold: null, depth: null, rerun: true, view: 'shade', theme: 'auto', mode: 'chat', model: '', last: '',
};

/** The browser's store; one of this visit alone where the browser keeps nothing. */
const box = (() => {
  try {
    void localStorage.length;
    return localStorage;
  } catch {
    const map = new Map();
    return {
      get length() { return map.size; }, key: i => [...map.keys()][i], getItem: key => map.get(key) ?? null,
      setItem: (key, value) => map.set(key, value), removeItem: key => map.delete(key),
    };
  }
})();

function readJson(key) {
  try {
    return JSON.parse(box.getItem(key));
  } catch {
    return null;
  }
}

const settings = {...FIRST_SETTINGS, ...readJson(SETTINGS)};

function keep(key, value) {
  try {
    box.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    showBanner('The browser keeps no more: its storage is full or turned off. Export and delete conversations to make room.', 'Dismiss', hideBanner);
    return false;
  }
}

function keepSettings(changes = {}) {
  Object.assign(settings, changes);
  keep(SETTINGS, settings);
}

/** All conversations, the newest first. */
function conversations() {
  const all = [];
  for (let i = 0; i < box.length; i++) {
    const key = box.key(i);
    const found = key.startsWith(CONVERSATION) ? sound(readJson(key)) : null;
    if (found) all.push(found);
  }
  return all.sort((a, b) => b.changed - a.changed);
}

const storedConversation = id => sound(readJson(CONVERSATION + id));

function keepConversation(conversation) {
  conversation.changed = Date.now();
  return keep(CONVERSATION + conversation.id, conversation);
}

const dropConversation = id => box.removeItem(CONVERSATION + id);

/** A conversation if that is what a value is, whoever wrote it; else null. */
function sound(value) {
  const list = (array, type) => Array.isArray(array) && array.every(one => typeof one === type);
  const run = one => one && list(one.pieces, 'string') && list(one.depths, 'number') && one.pieces.length === one.depths.length;
  const item = one => one && (one.role === 'user' ? typeof one.text === 'string'
    : one.role === 'assistant' && Array.isArray(one.runs) && one.runs.length > 0 && one.runs.every(run)
      && Number.isInteger(one.shown) && one.shown >= 0 && one.shown < one.runs.length);
  const valid = value && typeof value.id === 'string' && typeof value.title === 'string' && Number.isFinite(value.changed)
    && ['chat', 'completion'].includes(value.mode) && Array.isArray(value.items) && value.items.every(item);
  return valid ? value : null;
}

const newConversation = mode => ({id: newId(), title: '', mode, changed: Date.now(), items: []});

const shownRun = item => item.runs[item.shown];
const textOf = item => item.role === 'user' ? item.text : shownRun(item).pieces.join('');

function exportConversations() {
  const all = conversations();
  if (all.length === 0) {
    say('There is no conversation to export');
    return;
  }
  download('tornadomor-conversations.json', JSON.stringify({tornadomor: 1, conversations: all}, null, 1));
}

/** @returns how many conversations of a file were taken over */
async function importConversations(file) {
  let content = null;
  try {
    content = JSON.parse(await file.text());
  } catch {
    // Said below.
  }
  const found = (Array.isArray(content?.conversations) ? content.conversations : []).filter(sound);
  if (found.length === 0) {
    throw new Error(file.name + ' holds no conversations of this page; choose a file that Export made.');
  }
  for (const conversation of found) {
    if (!keep(CONVERSATION + conversation.id, conversation)) break;
  }
  return found.length;
}
