// How a conversation looks. Everything is made anew when it changes; only an answer under way grows in its place.

let current = newConversation('chat');

/** The answer under way: {conversation, item, run, abort, began, firstAt}, with the elements that grow if they are on the page. */
let live = null;

const lastAnswer = () => current.items.findLast(item => item.role === 'assistant') ?? null;
const mayChat = () => model?.chat_template !== false;

function showConversation() {
  const messages = $('messages');
  document.documentElement.dataset.mode = current.mode;
  if (live) live.elements = null;
  messages.replaceChildren();
  setPalette();
  if (current.items.length === 0) messages.append(emptyView());
  for (let i = 0; i < current.items.length; i++) {
    const item = current.items[i];
    const answer = current.items[i + 1]?.role === 'assistant' ? current.items[i + 1] : null;
    if (current.mode === 'completion') {
      if (item.role === 'user') messages.append(completionView(i, item, answer));
    } else {
      messages.append(item.role === 'user' ? questionView(i, item) : answerView(i - 1, item));
    }
  }
  showMode();
  showTradeoff();
}

function emptyView() {
  const chat = current.mode === 'chat';
  const ideas = ['/** Returns', 'public class ', 'for (int i = 0;', 'Once upon a time'];
  const words = recursions() > 1
    ? `Every token takes between 1 and ${recursions()} recursions. The page shades each by its depth: the stronger, the deeper.`
    : 'The page shows the text as it comes.';
  return make('div', {class: 'empty'},
    make('h2', {text: chat ? 'Ask something' : 'Begin a text'}),
    make('p', {text: (chat ? '' : 'The model goes on where you stop. ') + words}),
    chat ? null : make('div', {class: 'ideas'}, ...ideas.map(idea => make('button', {type: 'button', text: idea, onclick: () => {
      $('input').value = idea;
      fitInput();
      $('input').focus();
    }}))));
}

function questionView(index, item) {
  const view = make('article', {class: 'message user', 'aria-label': 'You'}, make('div', {class: 'text', text: item.text}));
  view.append(make('div', {class: 'actions'},
    button('copy', 'Copy', () => copy(item.text)),
    button('edit', 'Edit and send again', () => edit(view, index)),
    button('bin', 'Delete this question and its answer', () => dropExchange(index))));
  return view;
}

function answerView(index, item) {
  const tokens = make('div', {class: 'text tokens', tabindex: 0, role: 'group'});
  return filled(make('article', {class: 'message answer', 'aria-label': 'Answer'}), tokens, tokens, index, item);
}

function completionView(index, item, answer) {
  const text = make('div', {class: 'text'}, make('span', {class: 'given', text: item.text}));
  const tokens = make('span', {class: 'tokens', tabindex: 0, role: 'group'});
  text.append(tokens);
  const view = make('article', {class: 'message answer completion', 'aria-label': 'Text'});
  if (answer) return filled(view, text, tokens, index, answer);
  view.append(make('div', {class: 'body'}, text), make('div', {class: 'actions'},
    button('again', 'Continue this text', () => answerTo(index)), button('edit', 'Edit', () => edit(view, index)),
    button('bin', 'Delete', () => dropExchange(index))));
  return view;
}

/** Puts an answer into its view: tokens, figures, what went wrong, what can be done. @param index of the question */
function filled(view, text, tokens, index, item) {
  const run = shownRun(item);
  const figures = make('div', {class: 'stats'});
  const body = make('div', {class: 'body'}, text, figures);
  const busy = live?.item === item && live.run === run;
  // An answer under way is plain: what its marks mean shows when they are complete.
  (busy || current.mode === 'completion' ? appendTokens : appendFormatted)(tokens, run.pieces, run.depths);
  showFigures(figures, run);
  if (run.error) body.append(problem(run.error, () => again(index)));
  view.append(body);
  label(tokens, run);
  if (busy) {
    live.elements = {view, tokens, figures};
    view.classList.add('busy');
  } else {
    view.append(actionsOf(view, index, item, run));
  }
  return view;
}

function label(tokens, run) {
  tokens.setAttribute('aria-label', `${run.depths.length} tokens; the arrow keys walk through them`);
}

function actionsOf(view, index, item, run) {
  const completes = current.mode === 'completion';
  const last = current.items.at(-1) === item;
  const actions = make('div', {class: 'actions'});
  if (item.runs.length > 1) {
    const turn = by => () => showRun(item, (item.shown + by + item.runs.length) % item.runs.length);
    actions.append(make('span', {class: 'variants'}, button('left', 'Answer before', turn(-1)),
      `${item.shown + 1} / ${item.runs.length}`, button('right', 'Next answer', turn(1))));
  }
  const whole = () => (completes ? current.items[index].text : '') + textOf(item);
  actions.append(button('copy', completes ? 'Copy the whole text' : 'Copy', () => copy(whole())));
  if (completes) actions.append(button('edit', 'Edit the beginning', () => edit(view, index)));
  if (completes || last) actions.append(button('again', 'Regenerate', () => again(index)));
  if (completes && run.pieces.length > 0 && run.end !== 'stop') actions.append(button('on', 'Write on', () => writeOn(index)));
  if (completes) actions.append(button('bin', 'Delete this text', () => dropExchange(index)));
  return actions;
}

function showRun(item, index) {
  item.shown = index;
  keepConversation(current);
  keepPlace(showConversation);
}

/** What the server or the network said, as it is. */
function problem(error, retry) {
  const code = [error.status || '', error.code].filter(Boolean).join(' ');
  const words = make('span', {}, code ? make('code', {text: code}) : null, code ? ' ' : null, error.message);
  if (error.retryAfter) words.append(` Try again in ${error.retryAfter} s.`);
  return make('div', {class: 'problem', role: 'alert'}, words,
    error.status === 401 ? make('button', {type: 'button', text: 'Enter the key', onclick: askKey}) : null,
    make('button', {type: 'button', text: 'Try again', onclick: retry}));
}

function showFigures(element, run) {
  const count = run.depths.length;
  element.hidden = count === 0;
  const figure = (before, value, after) => make('span', {}, before, make('b', {text: value}), after);
  const mean = Number.isFinite(run.mean) ? run.mean : meanOf(run.depths);
  const parts = [];
  if (Number.isFinite(mean)) parts.push(shareBar(run.depths), figure('mean depth ', fixed(mean, 2), ` of ${run.of || recursions()}`));
  if (Number.isFinite(run.saved)) parts.push(figure('', percent(run.saved), ' compute saved'));
  parts.push(figure('', String(run.tokens || count), count === 1 ? ' token' : ' tokens'));
  if (run.speed > 0) parts.push(figure('', fixed(run.speed, 1), ' tokens/s'));
  if (run.maxDepth) {
    const threshold = run.threshold === null ? '' : `threshold ${fixed(run.threshold, 2)}, `;
    parts.push(make('span', {text: `${threshold}at most ${run.maxDepth} deep`}));
  }
  const ends = {length: 'ended by the limit of tokens', stopped: 'stopped by you', cancelled: 'ended by the server'};
  if (ends[run.end]) parts.push(make('span', {text: ends[run.end]}));
  element.replaceChildren(...parts.filter(Boolean));
}

/** Turns a message into a field; sending it drops what came after. */
function edit(view, index) {
  stop();
  const area = make('textarea', {'aria-label': 'Edit'});
  area.value = current.items[index].text;
  const cancel = () => {
    showConversation();
    $('input').focus();
  };
  const send = () => {
    if (area.value === '') return;
    current.items[index].text = area.value;
    current.items.length = current.mode === 'chat' ? index + 1 : current.items.length;
    if (current.items[index + 1]?.role === 'assistant') current.items.splice(index + 1, 1);
    answerTo(index);
  };
  area.addEventListener('keydown', event => {
    if (event.key === 'Escape') cancel();
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  view.replaceChildren(make('div', {class: 'edit'}, area, make('div', {class: 'row'},
    make('button', {type: 'button', text: 'Cancel', onclick: cancel}),
    make('button', {type: 'button', class: 'main', text: 'Send', onclick: send}))));
  area.style.height = Math.min(area.scrollHeight + 4, innerHeight / 2) + 'px';
  area.focus();
}

function dropExchange(index) {
  stop();
  const conversation = current;
  const count = conversation.items[index + 1]?.role === 'assistant' ? 2 : 1;
  const dropped = conversation.items.splice(index, count);
  const show = () => {
    keepConversation(conversation);
    showConversation();
    showList();
  };
  show();
  offerUndo('Deleted.', () => {
    conversation.items.splice(index, 0, ...dropped);
    show();
  });
}

const atEnd = () => $('scroll').scrollHeight - $('scroll').scrollTop - $('scroll').clientHeight < 60;
const goToEnd = () => { $('scroll').scrollTop = $('scroll').scrollHeight; };

function keepPlace(action) {
  const top = $('scroll').scrollTop;
  action();
  $('scroll').scrollTop = top;
}

function showList() {
  $('conversations').replaceChildren(...conversations().map(one => make('li', {class: one.id === current.id ? 'now' : ''},
    make('button', {type: 'button', class: 'open', 'aria-current': one.id === current.id ? 'true' : null, title: one.title,
      onclick: () => open(one.id)}, make('span', {text: one.title || 'Untitled'})),
    button('bin', 'Delete ' + (one.title || 'this conversation'), () => dropAndShow(one.id), 'icon'))));
  $('export').disabled = $('delete-all').disabled = $('conversations').children.length === 0;
}

function open(id) {
  const found = live?.conversation.id === id ? live.conversation : storedConversation(id);
  current = found ?? newConversation(settings.mode);
  keepSettings({last: current.id});
  showConversation();
  showList();
  goToEnd();
  closeDrawers();
}

function dropAndShow(id) {
  if (live?.conversation.id === id) stop();
  const dropped = storedConversation(id);
  dropConversation(id);
  if (current.id === id) begin();
  else showList();
  offerUndo(`Deleted “${dropped?.title ?? ''}”.`, () => {
    keep(CONVERSATION + id, dropped);
    open(id);
  });
}

function begin(mode = settings.mode) {
  current = newConversation(mode === 'chat' && !mayChat() ? 'completion' : mode);
  keepSettings({last: ''});
  showConversation();
  showList();
  closeDrawers();
  if (!matchMedia('(pointer: coarse)').matches) $('input').focus();
}
