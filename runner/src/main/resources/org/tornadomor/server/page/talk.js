// Questions and answers: what is sent, and what becomes of what comes back.

/** As many answers to one question are kept. */
const MOST_RUNS = 12;

/** The settings as fields of a request; what is empty is left to the server. */
function sampling() {
  const fields = {};
  for (const name of ['temperature', 'top_p', 'top_k', 'min_p', 'repetition_penalty', 'max_tokens']) {
    const value = Number(settings[name]);
    if (settings[name] !== '' && Number.isFinite(value)) fields[name] = value;
  }
  const stops = settings.stop.split('|').filter(Boolean).map(text => text.replaceAll('\\n', '\n'));
  if (stops.length > 0) fields.stop = stops;
  return fields;
}

/** The path and body that ask for an answer. @param given what the answer has already */
function requestFor(conversation, index, run, given) {
  const body = {model: model?.id, ...sampling(), seed: run.seed};
  if (run.threshold !== null) body.threshold = run.threshold;
  if (run.maxDepth) body.max_depth = run.maxDepth;
  if (conversation.mode === 'completion') {
    const text = conversation.items[index].text + given;
    body.prompt = model?.has_tokenizer === false ? tokenIds(text) : text;
    return ['v1/completions', body];
  }
  body.messages = conversation.items.slice(0, index + 1)
    .map(item => ({role: item.role, content: textOf(item)}));
  if (settings.system.trim() !== '') body.messages.unshift({role: 'system', content: settings.system});
  return ['v1/chat/completions', body];
}

function tokenIds(text) {
  const ids = text.split(/[\s,]+/).filter(Boolean).map(Number);
  if (ids.some(id => !Number.isInteger(id) || id < 0)) {
    throw new Error('This model has no tokenizer: give token ids, such as 112, 117, 98.');
  }
  return ids;
}

function newRun(seed) {
  const deep = model && recursions() > 1;
  return {
    pieces: [], depths: [], seed: seed ?? (settings.seed === '' ? newSeed() : Number(settings.seed)),
    // Where no token goes on, the threshold decides nothing.
    threshold: deep && model.has_threshold && depthNow() > 1 ? thresholdNow() : null, maxDepth: deep ? depthNow() : 0, of: recursions(),
  };
}

function send() {
  const input = $('input');
  if (live) {
    stop();
    return;
  }
  const text = input.value;
  if (current.mode === 'chat' ? text.trim() === '' : text === '') return;
  current.items.push({role: 'user', text});
  current.title ||= text.trim().slice(0, 60).replace(/\s+/g, ' ');
  input.value = '';
  fitInput();
  keepSettings({last: current.id});
  answerTo(current.items.length - 1);
}

/** Answers a question anew. A run that failed without a word makes room for the new one. */
function again(index) {
  stop();
  answerTo(index);
}

/** @param index of the question in the conversation that is shown */
function answerTo(index, seed) {
  stop();
  const conversation = current;
  const run = newRun(seed);
  let item = conversation.items[index + 1];
  if (item?.role !== 'assistant') {
    item = {role: 'assistant', runs: [], shown: 0};
    conversation.items.splice(index + 1, 0, item);
  }
  item.runs = item.runs.filter(one => !(one.error && one.pieces.length === 0)).slice(1 - MOST_RUNS);
  item.runs.push(run);
  item.shown = item.runs.length - 1;
  return generate(conversation, index, item, run);
}

/** Lets a completion go on behind its end. */
function writeOn(index) {
  stop();
  const item = current.items[index + 1];
  const run = shownRun(item);
  run.error = null;
  return generate(current, index, item, run);
}

async function generate(conversation, index, item, run) {
  const mine = {conversation, item, run, abort: new AbortController(), elements: null, firstAt: 0, before: run.depths.length};
  live = mine;
  run.end = null;
  showBusy();
  showConversation();
  showList();
  if (conversation === current) goToEnd();
  try {
    const [path, body] = requestFor(conversation, index, run, run.pieces.join(''));
    await stream(path, body, mine.abort.signal, (pieces, depths, usage, reason) => {
      // What was on its way when the answer was stopped.
      if (live !== mine) return;
      if (pieces) grow(mine, pieces, depths);
      else finish(mine, usage, reason);
    });
  } catch (fault) {
    if (live !== mine) return;
    run.error = {status: fault.status, code: fault.code, message: fault.message, retryAfter: fault.retryAfter};
    if (fault.code === 'no_chat_template' && model) model.chat_template = false;
  }
  settle(mine);
}

function grow(mine, pieces, depths) {
  const run = mine.run;
  const now = performance.now();
  if (depths.length > 0 && mine.firstAt === 0) {
    mine.firstAt = now;
    mine.firstCount = run.depths.length + depths.length;
  }
  run.pieces.push(...pieces);
  run.depths.push(...depths);
  const behind = run.depths.length - mine.firstCount;
  if (behind > 0 && now > mine.firstAt) run.speed = behind / ((now - mine.firstAt) / 1000);
  run.mean = run.saved = run.tokens = undefined;
  if (!mine.elements || mine.conversation !== current) return;
  const follow = atEnd();
  appendTokens(mine.elements.tokens, pieces, depths);
  mine.figuresDue ??= requestAnimationFrame(() => {
    mine.figuresDue = null;
    if (mine === live && mine.elements) showFigures(mine.elements.figures, run);
  });
  if (follow) goToEnd();
}

function finish(mine, usage, reason) {
  const run = mine.run;
  run.end = reason;
  // The figures of the server are those of this answer; behind an earlier part they would be of the last part alone.
  if (usage && mine.before === 0) {
    run.mean = usage.mean_depth ?? undefined;
    run.saved = usage.compute_saved ?? undefined;
    run.tokens = usage.completion_tokens;
    run.prompt = usage.prompt_tokens;
  } else if (usage && mine.before > 0) {
    run.saved = undefined;
  }
}

/** Stops the answer under way; what there is of it stays. */
function stop() {
  if (!live) return;
  const mine = live;
  mine.run.end = 'stopped';
  mine.abort.abort();
  settle(mine);
}

function settle(mine) {
  if (live !== mine) return;
  live = null;
  const {run, conversation, item} = mine;
  const empty = run.pieces.length === 0 && run.end === 'stopped';
  if (empty && item.runs.length > 1) {
    item.runs.splice(item.runs.indexOf(run), 1);
    item.shown = item.runs.length - 1;
  }
  keepConversation(conversation);
  showBusy();
  const follow = atEnd();
  if (conversation === current) keepPlace(showConversation);
  if (follow) goToEnd();
  showList();
  if (!run.error) {
    const mean = Number.isFinite(run.mean) ? run.mean : meanOf(run.depths);
    say(`Answer complete: ${run.depths.length} tokens`
      + (Number.isFinite(mean) ? `, mean depth ${fixed(mean, 2)}` : '')
      + (Number.isFinite(run.saved) ? `, ${percent(run.saved)} of the compute saved` : ''));
  }
}

function showBusy() {
  const busy = live !== null;
  const send = $('send');
  send.setAttribute('aria-label', busy ? 'Stop' : 'Send');
  send.title = busy ? 'Stop (Esc)' : 'Send (Enter)';
  send.querySelector('use').setAttribute('href', busy ? '#i-stop' : '#i-send');
  $('messages').setAttribute('aria-busy', busy);
}
