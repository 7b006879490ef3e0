// Puts the page together: connection, buttons, keys.

const RETRY_SECONDS = 2;
const UNDO_SECONDS = 10;
let retry = 0;

function showBanner(text, label, action, waits = false) {
  const banner = $('banner');
  banner.className = waits ? 'problem wait' : 'problem';
  banner.replaceChildren(make('span', {text}), make('button', {type: 'button', text: label, onclick: action}));
  banner.hidden = false;
}

const hideBanner = () => { $('banner').hidden = true; };

/** Nothing asks before it deletes: it can be taken back for a while. */
function offerUndo(text, undo) {
  showBanner(text, 'Undo', () => {
    hideBanner();
    undo();
  }, true);
  const banner = $('banner').firstChild;
  setTimeout(() => { if ($('banner').firstChild === banner) hideBanner(); }, 1000 * UNDO_SECONDS);
}

function showState(state, text) {
  $('dot').dataset.state = state;
  if (text) $('model-name').textContent = text;
}

/** Asks for the models until the server has one. */
async function connect() {
  clearTimeout(retry);
  const later = seconds => { retry = setTimeout(connect, 1000 * (seconds || RETRY_SECONDS)); };
  try {
    const models = await loadModels();
    if (models.length === 0) throw new ServerError(200, '', 'The server has no model.', 0);
    hideBanner();
    use(models.find(one => one.id === settings.model) ?? models[0], models);
  } catch (fault) {
    const code = [fault.status || '', fault.code].filter(Boolean).join(' ');
    const words = (code ? code + ': ' : '') + fault.message.replace(/[^.!?]$/, '$&.');
    if (fault.status === 503) {
      showState('loading', 'loading');
      showBanner(words + ' The page tries again by itself.', 'Try now', connect, true);
      later(fault.retryAfter);
    } else if (fault.status === 401 || fault.status === 403) {
      showState('off', 'no access');
      showBanner(words, 'Enter the key', askKey);
    } else {
      showState('off', 'not connected');
      showBanner(words + ' The page tries again by itself.', 'Try now', connect);
      later(0);
    }
  }
}

function use(one, models) {
  const before = model?.id;
  model = one;
  showState('ready', one.id);
  const router = {'expert-choice': 'expert choice', 'token-choice': 'token choice'}[one.router];
  $('model-facts').textContent = [
    one.parameters && short(one.parameters) + ' parameters', one.recursions && one.recursions + (one.recursions === 1 ? ' recursion' : ' recursions'),
    router, one.context && 'context ' + one.context.toLocaleString('en').replaceAll(',', ' ')].filter(Boolean).join(' · ');
  document.title = one.id + ' – TornadoMoR';
  $('models').hidden = models.length < 2;
  $('models').replaceChildren(...models.map(m => make('option', {value: m.id, text: m.id, selected: m === one})));
  $('model-name').hidden = models.length > 1;
  if (before !== one.id && before) keepSettings({threshold: null, depth: null});
  showSliders();
  if (current.items.length === 0 && current.mode === 'chat' && !mayChat()) current.mode = 'completion';
  if (live) setPalette();
  else keepPlace(showConversation);
}

function askKey() {
  openDrawer('panel');
  const field = $('settings').elements.key;
  field.scrollIntoView({block: 'center'});
  field.focus();
}

function showMode() {
  const chat = current.mode === 'chat';
  for (const [id, on] of [['mode-chat', chat], ['mode-completion', !chat]]) {
    $(id).setAttribute('aria-checked', on);
    $(id).tabIndex = on ? 0 : -1;
  }
  $('mode-chat').setAttribute('aria-disabled', !mayChat());
  const bare = model?.has_tokenizer === false;
  $('mode-note').replaceChildren(...(bare ? ['The model has no tokenizer: give token ids.'] : mayChat() ? []
    : ['The model has no chat template, so it completes text. The server’s ', make('code', {text: '--chat-template plain'}), ' makes it chat.']));
  $('input').placeholder = chat ? 'Write a message' : bare ? 'Token ids, such as 112, 117, 98' : 'Write the beginning of a text';
  $('input').setAttribute('aria-label', chat ? 'Message' : 'Beginning of a text');
  $('system-row').hidden = !chat;
}

/** Another kind of prompt takes another conversation, unless this one has nothing in it. */
function setMode(mode) {
  if (mode === 'chat' && !mayChat()) {
    say($('mode-note').textContent);
    return;
  }
  keepSettings({mode});
  if (current.items.length === 0) {
    current.mode = mode;
    showConversation();
  } else if (current.mode !== mode) {
    begin(mode);
  }
}

function fitInput() {
  const input = $('input');
  input.style.height = 'auto';
  input.style.height = input.scrollHeight + 'px';
}

const isDrawer = id => getComputedStyle($(id)).position === 'fixed';
const opener = id => $(id === 'panel' ? 'open-panel' : 'open-list');

function openDrawer(id) {
  if (!isDrawer(id)) return;
  closeDrawers();
  $(id).classList.add('open');
  $('shade').hidden = false;
  for (const other of ['top', 'main', 'list', 'panel']) $(other).inert = other !== id;
  opener(id).setAttribute('aria-expanded', 'true');
  $(id).querySelector('.close').focus();
}

function closeDrawers() {
  for (const id of ['top', 'main', 'list', 'panel']) $(id).inert = false;
  $('shade').hidden = true;
  for (const id of ['list', 'panel']) {
    if (!$(id).classList.contains('open')) continue;
    $(id).classList.remove('open');
    opener(id).setAttribute('aria-expanded', 'false');
    opener(id).focus();
  }
}

function showTheme() {
  const root = document.documentElement;
  if (settings.theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = settings.theme;
  $('theme').title = {auto: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark'}[settings.theme];
  $('theme').setAttribute('aria-label', $('theme').title);
}

function fillSettings() {
  for (const field of $('settings').elements) if (field.name) field.value = settings[field.name];
  $('rerun').checked = settings.rerun;
  $('view').value = settings.view;
  document.documentElement.dataset.view = settings.view;
}

function wire() {
  const on = (id, event, action) => $(id).addEventListener(event, action);
  on('composer', 'submit', event => event.preventDefault());
  on('settings', 'submit', event => event.preventDefault());
  on('send', 'click', send);
  on('input', 'input', fitInput);
  on('input', 'keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    // On a phone the key makes lines, as everywhere there.
    if (matchMedia('(pointer: coarse)').matches && !event.ctrlKey) return;
    event.preventDefault();
    if (!live) send();
  });
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || event.isComposing) return;
    if (!$('shade').hidden) closeDrawers();
    else if (live) stop();
  });
  on('new', 'click', () => begin());
  on('open-list', 'click', () => openDrawer('list'));
  on('open-panel', 'click', () => openDrawer('panel'));
  on('shade', 'click', closeDrawers);
  document.querySelectorAll('button.close').forEach(close => close.addEventListener('click', closeDrawers));
  addEventListener('resize', () => ['list', 'panel'].some(id => $(id).classList.contains('open') && !isDrawer(id)) && closeDrawers());
  on('theme', 'click', () => {
    const next = {auto: 'light', light: 'dark', dark: 'auto'}[settings.theme];
    keepSettings({theme: next});
    showTheme();
    say($('theme').title);
  });
  on('mode-chat', 'click', () => setMode('chat'));
  on('mode-completion', 'click', () => setMode('completion'));
  for (const [id, other] of [['mode-chat', 'completion'], ['mode-completion', 'chat']]) {
    on(id, 'keydown', event => {
      if (!['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].includes(event.key)) return;
      event.preventDefault();
      setMode(other);
      $('mode-' + current.mode).focus();
    });
  }
  on('export', 'click', exportConversations);
  on('import', 'click', () => $('import-file').click());
  on('import-file', 'change', async () => {
    try {
      const count = await importConversations($('import-file').files[0]);
      say(count + ' conversations imported');
    } catch (fault) {
      showBanner(fault.message, 'Dismiss', hideBanner);
    }
    $('import-file').value = '';
    showList();
  });
  on('delete-all', 'click', () => {
    if (!confirm('Delete all conversations in this browser?')) return;
    stop();
    conversations().forEach(one => dropConversation(one.id));
    begin();
  });
  wireSettings(on);
}

function wireSettings(on) {
  on('settings', 'input', event => {
    if (event.target.name && event.target.validity.valid) keepSettings({[event.target.name]: event.target.value.trim()});
  });
  $('settings').elements.key.addEventListener('change', connect);
  on('defaults', 'click', () => {
    const {system, temperature, max_tokens, top_p, top_k, min_p, repetition_penalty, seed, stop: stops} = FIRST_SETTINGS;
    keepSettings({system, temperature, max_tokens, top_p, top_k, min_p, repetition_penalty, seed, stop: stops, threshold: null, depth: null});
    fillSettings();
    showSliders();
  });
  on('threshold', 'input', () => { $('threshold-out').value = fixed(Number($('threshold').value), 2); });
  on('depth', 'input', () => { $('depth-out').value = `${$('depth').value} of ${recursions()}`; });
  on('threshold', 'change', released);
  on('depth', 'change', released);
  on('rerun', 'change', () => keepSettings({rerun: $('rerun').checked}));
  on('view', 'change', () => {
    keepSettings({view: $('view').value});
    document.documentElement.dataset.view = settings.view;
  });
  on('models', 'change', () => {
    keepSettings({model: $('models').value});
    connect();
  });
  addEventListener('storage', event => { if (event.key?.startsWith(CONVERSATION)) showList(); });
}

showTheme();
fillSettings();
wire();
watchTokens($('messages'));
current = storedConversation(settings.last) ?? newConversation(settings.mode);
showConversation();
showList();
showSliders();
showBusy();
fitInput();
connect();
