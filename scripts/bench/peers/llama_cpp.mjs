// llama.cpp, through the package node-llama-cpp: loads a GGUF file on the processor, or on a card, and decodes greedily whenever asked.
//   node llama_cpp.mjs PACKAGE-FOLDER FILE THREADS SEQUENCES CONTEXT [cpu|gpu]
// It writes "ready SECONDS" when the model is loaded, opens the context at the first request, and answers each line
// "PROMPT NEW" (tokens of each sequence) with "FIRST REST PROCESSOR LAST": seconds until every sequence has its first token, seconds of
// the other tokens, seconds of processor time of both, and the last token of the first sequence.
import path from "node:path";
import readline from "node:readline";
import {pathToFileURL} from "node:url";

const [,, folder, file, threads, sequences, context, device] = process.argv;
const card = device === "gpu";
const entry = path.resolve(folder, "node_modules/node-llama-cpp/dist/index.js");
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(entry).href);
const llama = await getLlama({gpu: card ? "auto" : false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: +threads});
const begin = performance.now();
const model = await llama.loadModel({modelPath: file, gpuLayers: card ? "max" : 0});
console.log("ready", (performance.now() - begin) / 1000);

let places = null;

async function open() {
  const opened = await model.createContext({
    sequences: +sequences, contextSize: +context, batchSize: 512, threads: {ideal: +threads, min: +threads},
    batching: {dispatchSchedule: "nextCycle"},
  });
  places = Array.from({length: +sequences}, () => opened.getSequence());
}

function prompt(sequence, count) {
  return Array.from({length: count}, (_, i) => 97 + (sequence * 31 + i * 7) % 26);
}

/** Continues a sequence, and waits at the first token for all others. */
async function run(place, number, count, more, arrived) {
  let done = 0;
  let last = 0;
  for await (const token of place.evaluate(prompt(number, count), {temperature: 0, yieldEogToken: true})) {
    last = token;
    if (done++ === 0) {
      await arrived();
    }
    if (done >= more) {
      break;
    }
  }
  return last;
}

async function measure(count, more) {
  if (places === null) {
    await open();
  }
  for (const place of places) {
    await place.clearHistory();
  }
  const before = process.cpuUsage();
  const start = performance.now();
  let first = 0;
  let waiting = places.length;
  let release;
  const all = new Promise(resolve => release = resolve);
  const arrived = () => {
    if (--waiting === 0) {
      first = performance.now();
      release();
    }
    return all;
  };
  const last = await Promise.all(places.map((place, i) => run(place, i, count, more, arrived)));
  const end = performance.now();
  const used = process.cpuUsage(before);
  return [(first - start) / 1000, (end - first) / 1000, (used.user + used.system) / 1e6, last[0]];
}

for await (const line of readline.createInterface({input: process.stdin})) {
  const [count, more] = line.split(" ").map(Number);
  console.log((await measure(count, more)).join(" "));
}
process.exit(0);
