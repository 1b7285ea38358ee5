// The load: what people and systems do, through every door, each again and again with a pause of its own.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const MODEL = "models:/soak@champion";
const JOB_MINUTES = 10;
/** Names that files of the load take turns with: the data folder must not grow by the load itself. */
const NAMES = 5;

/** What the doors are opened with. */
export class Client {
  #url;
  #signal;

  constructor({ url, signal }) {
    this.#url = url;
    this.#signal = signal;
  }

  async ask(method, path, body, type = "application/json") {
    const sent =
      body === undefined || typeof body === "string" || body instanceof Uint8Array
        ? body
        : JSON.stringify(body);
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      ...(sent === undefined ? {} : { body: sent, headers: { "content-type": type } }),
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(JOB_MINUTES * 60_000)]),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
    return answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  }

  /** Puts a job on its queue and waits for its result. */
  async job(queue, payload) {
    const { status } = await this.ask("POST", `/jobs/${queue}`, payload);
    const deadline = Date.now() + JOB_MINUTES * 60_000;
    for (;;) {
      const { status: state, error } = await this.ask("GET", status);
      if (state === "completed") return this.ask("GET", `${status}/result`);
      if (state === "failed") throw new Error(`${queue} failed: ${error?.error_code} ${error?.message}`);
      if (Date.now() > deadline) throw new Error(`${queue} did not end within ${JOB_MINUTES} minutes`);
      await delay(300, undefined, { signal: this.#signal });
    }
  }
}

/** Columns of the generated files, and the model that all doors are about. */
const columns = { text: "text", label: "inbound", id: "tweet_id" };
const training = (rows) => ({
  dataset: { path: `train-${rows}.csv` },
  columns,
  boosting: { iterations: 20 },
  model: "soak",
  experiment: "soak",
});

/** What has to be there before the load begins: files, a champion, schedules. */
export async function prepare(client, files) {
  for (const [name, path] of Object.entries(files))
    await client.ask("PUT", `/files/${name}`, readFileSync(path), "text/csv");
  for (const rows of [2000, 1000]) await client.job("train", training(rows));
  await untilServed(client);
  const every = (id, queue, seconds, payload) =>
    client.ask("POST", "/schedules", { id, queue, every: `${seconds}s`, payload });
  const check = { model: MODEL, experiment: "soak", columns, input: { path: "train-1000.csv" } };
  await every("soak-check", "monitor", 5, check);
  await every("soak-predict", "predict", 20, {
    model: MODEL,
    columns: { text: "text", id: "tweet_id" },
    input: { path: "train-1000.csv" },
    output: "scheduled.csv",
    force: true,
  });
  await every("soak-train", "train", 180, training(1000));
}

/** The server looks for a new champion every few seconds. */
async function untilServed(client) {
  for (const deadline = Date.now() + JOB_MINUTES * 60_000; ; ) {
    try {
      return await client.ask("POST", "/invocations", { inputs: ["where is my order"] });
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(500);
    }
  }
}

/**
 * The doors, each with the seconds that lie between two of its goes.
 *
 * @param texts texts to score
 * @param cola arguments of `cola` in, `{stdout}` out
 */
export function doorsOf(client, { texts, ids, rows, cola }) {
  const some = (list, count, turn) =>
    Array.from({ length: count }, (_, i) => list[(turn * 7 + i) % list.length]);
  const columnsOf = { text: "text", id: "tweet_id" };
  const doors = {
    "score online": [
      0.1,
      (turn) => client.ask("POST", "/invocations", { inputs: some(texts, 1 + (turn % 5), turn) }),
    ],
    "texts by HTTP": [
      1,
      (turn) =>
        client.job("predict", { model: MODEL, texts: some(texts, turn % 10 === 0 ? 1000 : 20, turn) }),
    ],
    "upload and score a file": [
      3,
      async (turn) => {
        const [name, output] = [`in-${turn % NAMES}.csv`, `out-${turn % NAMES}.csv`];
        await client.ask("PUT", `/files/${name}?force=true`, rows, "text/csv");
        await client.job("predict", {
          model: MODEL,
          columns: columnsOf,
          input: { path: name },
          output,
          force: true,
        });
        await client.ask("GET", `/files/${output}`);
      },
    ],
    "check good and flipped rows": [
      10,
      // A failure opens an incident, the next check ends it.
      (turn) =>
        client.job("monitor", {
          model: MODEL,
          experiment: "soak",
          columns,
          input: { path: turn % 2 === 0 ? "train-1000.csv" : "flipped.csv" },
        }),
    ],
    "late labels": [
      4,
      (turn) =>
        client.job("labels", {
          model: "soak",
          labels: some(ids, 20, turn).map((id, i) => ({
            id,
            label: (turn + i) % 3 === 0 ? "True" : "False",
          })),
        }),
    ],
    train: [45, () => client.job("train", training(1000))],
    tune: [240, () => client.job("tune", { ...training(1000), trials: 2 })],
    "compare versions": [
      60,
      () =>
        client.job("compare", {
          baseline: "models:/soak/1",
          challenger: "models:/soak/2",
          columns: { text: "text", label: "inbound" },
          input: { path: "train-1000.csv" },
        }),
    ],
    "cola predict": [
      30,
      () =>
        cola(["predict", "train-1000.csv", "--model", MODEL, "--output", "by-cola.csv", "--force", "--json"]),
    ],
    "cola monitor": [60, () => cola(["monitor", "train-1000.csv", "--model", MODEL, "--json"], [0, 3])],
    "lists and metrics": [
      2,
      async () => {
        for (const path of [
          "/jobs?limit=100",
          "/queues",
          "/alerts",
          "/models/soak/checks",
          "/models/soak/history",
          "/schedules",
          "/metrics",
          "/",
          "/files",
        ])
          await client.ask("GET", path);
      },
    ],
    "a wrong request": [5, () => client.ask("POST", "/jobs/train", { dataset: {} }).catch(() => undefined)],
  };
  return Object.entries(doors).map(([name, [seconds, go]]) => ({ name, seconds, go }));
}

/** Goes through each door again and again until it is stopped; counts goes, and keeps the last failure of each door. */
export async function runDoors(doors, signal) {
  const counts = Object.fromEntries(doors.map(({ name }) => [name, { done: 0, failed: 0 }]));
  const run = async ({ name, seconds, go }) => {
    for (let turn = 0; !signal.aborted; turn++) {
      try {
        await go(turn);
        counts[name].done++;
      } catch (error) {
        if (signal.aborted) return;
        counts[name].failed++;
        counts[name].reason = String(error instanceof Error ? error.message : error).slice(0, 300);
      }
      await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  };
  return { counts, ended: Promise.all(doors.map(run)) };
}

/** `cola` as a process of its own, which ends with the signal; an exit code that is not expected is a failure. */
export function colaIn(folder, command, env, signal) {
  return async (args, codes = [0]) => {
    try {
      return await promisify(execFile)(process.execPath, [command, ...args], {
        cwd: join(folder, "data"),
        env,
        signal,
      });
    } catch (error) {
      if (codes.includes(error.code)) return error;
      throw new Error(`cola ${args[0]}: exit code ${error.code}: ${String(error.stderr).slice(-200)}`);
    }
  };
}
