// Keeps the balance of every account of a category in a file, from the events "Deposited" and
// "Withdrawn" with {"cents": n}. Can be killed at any moment and started again.
//
//   URL=http://localhost:8080 TOKEN=... node consumer.mjs CATEGORY FILE [MEMBER SIZE]
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const { URL: url = "http://localhost:8080", TOKEN: token } = process.env;
const [category, file, member, size] = process.argv.slice(2);
const SILENCE_MAX_MS = 60_000; // the server sends a comment every 22 seconds at the latest

// Effect and checkpoint are one: they are read, changed and written together.
function load() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (problem) {
    if (problem.code !== "ENOENT") throw problem;
    return { checkpoint: 0, balances: {} };
  }
}

function save(state) {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file); // at once or not at all
}

function handle(state, [, stream, type, , globalPosition, data]) {
  if (globalPosition <= state.checkpoint) return; // seen before
  const sign = { Deposited: 1, Withdrawn: -1 }[type] ?? 0;
  state.balances[stream] = (state.balances[stream] ?? 0) + sign * (data.cents ?? 0);
  state.checkpoint = globalPosition;
}

// Follows the category until the connection ends, whatever the reason.
async function follow(state) {
  const query = new URLSearchParams({ category, payload: "true", position: state.checkpoint + 1 });
  if (size) {
    query.set("consumer", member);
    query.set("size", size);
  }
  const broken = new AbortController();
  const watchdog = setTimeout(() => broken.abort(new Error("silence")), SILENCE_MAX_MS);
  try {
    const response = await fetch(`${url}/subscribe?${query}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: broken.signal,
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    let text = "";
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      watchdog.refresh();
      const blocks = (text + piece).split("\n\n");
      text = blocks.pop(); // not complete yet
      const messages = blocks.filter((block) => block.startsWith("event: message\n"));
      for (const block of messages) {
        handle(state, JSON.parse(block.slice(block.indexOf("\ndata: ") + 7)));
      }
      if (messages.length > 0) save(state);
    }
  } finally {
    clearTimeout(watchdog);
  }
}

for (let failures = 0; ; ) {
  const state = load();
  const before = state.checkpoint;
  try {
    await follow(state);
  } catch (problem) {
    console.error(`disconnected: ${problem.cause?.code ?? problem.message}`);
  }
  failures = load().checkpoint > before ? 0 : failures + 1;
  await sleep(Math.min(100 * 2 ** failures, 10_000));
}
