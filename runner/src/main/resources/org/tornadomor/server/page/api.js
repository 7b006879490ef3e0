// The server: the OpenAI interface with its extensions for depth.

/** What the server said no with. */
class ServerError extends Error {
  constructor(status, code, message, retryAfter) {
    super(message);
    Object.assign(this, {status, code, retryAfter});
  }
}

/** The server cannot be reached, or broke off. */
class Unreachable extends Error {}

async function call(path, body, signal) {
  const headers = {};
  if (settings.key) headers.Authorization = 'Bearer ' + settings.key;
  if (body) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, {method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body), signal, cache: 'no-store'});
  } catch (fault) {
    if (fault.name === 'AbortError') throw fault;
    throw new Unreachable('The server does not answer: is it still running?');
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response) {
  let error = null;
  let text = '';
  try {
    text = await response.text();
    error = JSON.parse(text).error;
  } catch {
    // Not from our server: the text itself says the most.
  }
  const seconds = Number(response.headers.get('Retry-After'));
  return new ServerError(response.status, error?.code || error?.type || '', error?.message || text.slice(0, 500) || response.statusText,
    Number.isFinite(seconds) && seconds > 0 ? seconds : 0);
}

const loadModels = async () => (await (await call('v1/models')).json()).data ?? [];

/**
 * Sends a prompt and hands over each event of the answer.
 * @param take gets (pieces, depths) with equal lengths, and at last (null, null, usage, reason)
 */
async function stream(path, body, signal, take) {
  const response = await call(path, {...body, stream: true, stream_options: {include_usage: true}}, signal);
  let usage = null;
  let reason = null;
  let whole = false;
  for await (const data of events(response.body)) {
    if (data === '[DONE]') {
      whole = true;
      break;
    }
    const event = JSON.parse(data);
    if (event.error) throw new ServerError(0, event.error.code || event.error.type || '', event.error.message, 0);
    if (event.usage) usage = event.usage;
    const choice = event.choices?.[0];
    if (choice) {
      const text = choice.delta ? choice.delta.content ?? '' : choice.text ?? '';
      take(...matched(text, choice.pieces, choice.depths));
      reason = choice.finish_reason ?? reason;
    }
  }
  if (!whole && !reason) throw new Unreachable('The server broke off in the middle of the answer.');
  take(null, null, usage, reason);
}

/** Pieces with their depths. What does not fit together becomes one piece: the text is right in any case. Depth 0 is unknown. */
function matched(text, pieces, depths) {
  const known = Array.isArray(depths) ? depths : [];
  if (Array.isArray(pieces) && pieces.length === known.length && pieces.join('') === text) return [pieces, known];
  if (known.length === 0) return text ? [[text], [0]] : [[], []];
  return [[...known.slice(1).map(() => ''), text], known];
}

/** The data of server-sent events. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let open = '';
  let data = [];
  try {
    while (true) {
      const {value, done} = await reader.read().catch(fault => {
        if (fault.name === 'AbortError') throw fault;
        throw new Unreachable('The connection to the server broke off.');
      });
      if (done) return;
      const lines = (open + value).split('\n');
      open = lines.pop();
      for (const raw of lines) {
        const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
        if (line === '' && data.length > 0) {
          yield data.join('\n');
          data = [];
        } else if (line.startsWith('data:')) {
          data.push(line.slice(line[5] === ' ' ? 6 : 5));
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
