// The official client for Node, unchanged: node openai.mjs BASE_URL KEY. Prints one line of JSON of what it got.
import OpenAI from 'openai';

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const messages = [{ role: 'user', content: 'h\u00e9' }];
const wanted = { model: 'tiny', messages, max_completion_tokens: 12, temperature: 1, seed: 5 };

const whole = await client.chat.completions.create(wanted);
let streamed = '';
let depths = [];
let usage = null;
const stream = await client.chat.completions.create({
  ...wanted, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.delta?.content ?? '';
  depths = depths.concat(chunk.choices[0]?.depths ?? []);
  usage = chunk.usage ?? usage;
}
const completion = await client.completions.create({ model: 'tiny', prompt: 'ab', max_tokens: 4, temperature: 0 });
const models = [];
for await (const model of client.models.list()) {
  models.push(model.id);
}
const errors = [];
for (const call of [
  () => client.chat.completions.create({ ...wanted, n: 99 }),
  () => client.models.retrieve('other'),
  () => new OpenAI({ baseURL, apiKey: 'wrong', maxRetries: 0 }).models.list(),
]) {
  try {
    await call();
  } catch (e) {
    errors.push([e.constructor.name, e.status, e.code]);
  }
}
// A client that has seen enough goes away.
const left = await client.completions.create({ model: 'tiny', prompt: 'a', max_tokens: 250, stream: true });
for await (const chunk of left) {
  break;
}
console.log(JSON.stringify({
  whole: whole.choices[0].message.content,
  finish: whole.choices[0].finish_reason,
  streamed, depths, usage,
  completion: completion.choices[0].text,
  models, errors,
}));
