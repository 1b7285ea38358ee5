// npm run soak -- [--minutes 30] [--out FOLDER] [--keep]
// Starts Redis, MLflow, all workers and the API by `cola up`, puts a mixed load through every door, samples what grows,
// and fails if something grows faster than limits.mjs allows. Writes FOLDER/soak.html and FOLDER/soak.json.
import { spawn } from "node:child_process";
import { setMaxListeners } from "node:events";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { SetupError } from "../scripts/setup/run-command.mjs";
import { pageOf, tableOf } from "./chart.mjs";
import { Client, colaIn, doorsOf, prepare, runDoors } from "./doors.mjs";
import {
  FAILED_SHARE,
  limitOf,
  REDIS_LOG_MIN_SIZE,
  SAMPLE_SECONDS,
  SETTINGS,
  unmeasuredOf,
  WARM_UP,
} from "./limits.mjs";
import { Sampler } from "./samples.mjs";
import { judge } from "./slope.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const COLA = join(root, "packages/producer/dist/cola.js");
const START_MINUTES = 5;

const say = (line) => process.stderr.write(`${line}\n`);

function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "30" },
      out: { type: "string", default: join(root, ".colaml", "soak") },
      keep: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new SetupError(`--minutes is ${values.minutes}: allowed is a number above 0`);
  return { minutes, out: resolve(process.env.INIT_CWD ?? ".", values.out), keep: values.keep };
}

/** The environment without settings of whoever runs this, and with those of the run. */
function environmentOf(folder) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(COLAML_(?!PYTHON)|REDIS_|MLFLOW_|OTEL_|INIT_CWD$)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    COLAML_STATE_DIR: join(folder, "state"),
    COLAML_DATA_DIR: join(folder, "data"),
    COLAML_LOG_FILE: join(folder, "soak.log"),
    COLAML_MODEL: "soak",
    MLFLOW_EXPERIMENT_NAME: "soak",
    ...SETTINGS,
  };
}

/** The end of what `cola up` wrote: its folder may be removed. */
const lastWordsOf = (folder) => readFileSync(join(folder, "up.log"), "utf8").slice(-500);

/** What `cola up` said of servers and workers that ended by themselves: one that was started again begins small. */
const endedIn = (folder) =>
  readFileSync(join(folder, "up.log"), "utf8")
    .split("\n")
    .filter((line) => line.includes("ended by itself"));

/** `cola up` in the folder; resolves when it has written where it is. @throws the signal's reason if it was stopped */
async function startUp(folder, env, signal) {
  const child = spawn(process.execPath, [COLA, "up", "--port", "0"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = createWriteStream(join(folder, "up.log"));
  for (const stream of [child.stdout, child.stderr]) stream.pipe(output, { end: false });
  const exited = new Promise((done) => child.once("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  const record = join(folder, "state", "up.json");
  for (const deadline = Date.now() + START_MINUTES * 60_000; !existsSync(record); await delay(500)) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new SetupError(`cola up did not start: ${lastWordsOf(folder)}`);
    if (signal.aborted) await stop();
    signal.throwIfAborted();
  }
  const { apiUrl, redisUrl } = JSON.parse(readFileSync(record, "utf8"));
  return { pid: child.pid, apiUrl, redisUrl, exited, stop };
}

/** Generated rows: files to train on and to score, one with labels that are the other class's. */
async function writeFiles(folder) {
  mkdirSync(join(folder, "data"), { recursive: true });
  const files = {};
  for (const rows of [1000, 2000]) {
    files[`train-${rows}.csv`] = join(folder, `train-${rows}.csv`);
    await writeSyntheticTweets(files[`train-${rows}.csv`], rows, rows);
  }
  const lines = readFileSync(files["train-1000.csv"], "utf8");
  const flipped = lines.replace(/,(true|false),/gi, (_, label) =>
    /true/i.test(label) ? ",False," : ",True,",
  );
  files["flipped.csv"] = join(folder, "flipped.csv");
  writeFileSync(files["flipped.csv"], flipped);
  return { files, rows: lines };
}

/**
 * Takes samples until the time is over.
 *
 * @throws SetupError if `cola up` ended before, the signal's reason if it was stopped
 */
async function watch(sampler, minutes, { exited, signal, folder }) {
  const started = Date.now();
  const series = new Map();
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  const check = () => {
    signal.throwIfAborted();
    if (ended) throw new SetupError(`cola up ended during the run: ${lastWordsOf(folder)}`);
  };
  while (Date.now() - started < minutes * 60_000) {
    const at = (Date.now() - started) / 60_000;
    const sample = await sampler.sample().catch((error) => {
      say(`no sample after ${at.toFixed(1)} minutes: ${error.message}`);
      return {};
    });
    for (const [name, value] of Object.entries(sample)) {
      if (!series.has(name)) series.set(name, []);
      series.get(name).push({ minutes: at, value });
    }
    await Promise.race([delay(SAMPLE_SECONDS * 1000, undefined, { signal }).catch(() => {}), exited]);
    check();
  }
  return { series, minutes: (Date.now() - started) / 60_000 };
}

const { minutes: asked, out, keep } = optionsOf(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), "colaml-soak-"));
const stopping = new AbortController();
// Each door waits on it.
setMaxListeners(0, stopping.signal);
const closers = [];
let stopped = false;
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => {
    stopped = true;
    stopping.abort();
  });
try {
  const { files, rows } = await writeFiles(folder);
  const env = environmentOf(folder);
  say(`starting cola up in ${folder}`);
  const up = await startUp(folder, env, stopping.signal);
  closers.push(() => up.stop());
  const folders = { state: join(folder, "state"), data: join(folder, "data"), log: join(folder, "soak.log") };
  const sampler = new Sampler({ pid: up.pid, apiUrl: up.apiUrl, redisUrl: up.redisUrl, folders });
  closers.push(() => sampler.close());
  await sampler.configure("auto-aof-rewrite-min-size", REDIS_LOG_MIN_SIZE);
  const client = new Client({ url: up.apiUrl, signal: stopping.signal });
  await prepare(client, files);
  const cells = rows
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const texts = cells.map((row) => row.slice(5).join(",")).filter((text) => text.length > 20);
  const ids = cells.map((row) => row[1]).filter((id) => /^\d+$/.test(id));
  const doors = doorsOf(client, { texts, ids, rows, cola: colaIn(folder, COLA, env, stopping.signal) });
  say(`load on ${up.apiUrl} for ${asked} minutes`);
  const { counts, ended } = await runDoors(doors, stopping.signal);
  closers.push(() => ended);
  const { series, minutes } = await watch(sampler, asked, {
    exited: up.exited,
    signal: stopping.signal,
    folder,
  });
  stopping.abort();
  await ended;
  const warmUp = Math.min(WARM_UP.maxMinutes, minutes * WARM_UP.share);
  const judged = [...series].map(([name, points]) => ({
    name,
    points,
    verdict: judge(points, limitOf(name), warmUp),
  }));
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "soak.html"), pageOf(judged, { minutes, warmUp, doors: counts }));
  writeFileSync(
    join(out, "soak.json"),
    JSON.stringify({ minutes, warmUp, doors: counts, files: sampler.filesByFolder(), series: judged }),
  );
  say(tableOf(judged));
  for (const [name, { done, failed, reason }] of Object.entries(counts))
    say(`${name}: ${done} done${failed > 0 ? `, ${failed} failed: ${reason}` : ""}`);
  say(`chart: ${join(out, "soak.html")}`);
  const failing = judged.filter(({ verdict }) => verdict.fails).map(({ name }) => name);
  const broken = Object.entries(counts).filter(
    ([, { done, failed }]) => done === 0 || failed > FAILED_SHARE * (done + failed),
  );
  if (failing.length > 0) say(`grows faster than limits.mjs allows: ${failing.join(", ")}`);
  if (broken.length > 0) say(`doors that failed: ${broken.map(([name]) => name).join(", ")}`);
  const unmeasured = unmeasuredOf(judged);
  if (unmeasured.length > 0) say(`not measured half of the time: ${unmeasured.join(", ")}`);
  const restarted = endedIn(folder);
  if (restarted.length > 0)
    say(`started again during the run, so that growth may not show:\n${restarted.join("\n")}`);
  process.exitCode = failing.length + broken.length + unmeasured.length + restarted.length > 0 ? 1 : 0;
} catch (error) {
  throw stopped ? new SetupError("stopped before its time: nothing was judged") : error;
} finally {
  stopping.abort();
  for (const close of closers.reverse()) await close();
  if (keep) say(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
