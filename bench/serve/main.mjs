// npm run bench -- serve [--seconds 5] [--rounds 3] [--batch-rows 2000000]
// Ours beside `mlflow models serve` with the same version, one after the other, round by round: one text per request,
// with 1, 8 and 32 clients that wait for their answers; then 8 clients while two predictors score a file.
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { startServers } from "@colaml/producer/local/servers";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { startPredictors, trainModel } from "../predict/contestants.mjs";
import { measureProcesses } from "../predict/process-usage.mjs";
import { redisPidOf } from "../predict/redis-pid.mjs";
import { ask, startMlflow, startOurs } from "./contestants.mjs";

const CLIENTS = [1, 8, 32];
const CLIENTS_BESIDE_BATCH = 8;
const TRAINING_ROWS = 20_000;
const BODIES = 500;
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    "batch-rows": { type: "string", default: "2000000" },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(tmpdir(), "colaml-bench-serve-"));
const log = createWriteStream(join(folder, "workers.log"));
const stops = [];
const say = (line) => process.stderr.write(`${line}\n`);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];

/** Resident memory of a process, MB; NaN where there is no /proc. */
function residentMb(pid) {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** Texts of the training file as bodies, one each. */
async function bodiesOf(file) {
  const bodies = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (bodies.push(JSON.stringify({ inputs: [line] })) > BODIES) break;
  }
  return bodies.slice(1);
}

/** Rounds of both servers with a number of clients: the median of each, and ours divided by theirs, pair by pair. */
async function compare(contestants, connections, bodies) {
  const runs = contestants.map(() => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [i, { name, url, pids }] of contestants.entries()) {
      const stop = measureProcesses(pids);
      const run = await ask({ url, connections, seconds, bodies });
      const used = Object.values(stop()).map(({ cpuSeconds }) => cpuSeconds ?? Number.NaN);
      const cpuMs = used.reduce((sum, one) => sum + one, 0) * 1000;
      runs[i].push({ ...run, cpuMs: cpuMs / (run.perSecond * seconds) });
      say(`  ${connections} clients, round ${round}: ${name}: ${Math.round(run.perSecond)} requests/s`);
    }
  }
  const [ours, theirs] = runs;
  const of = (list, key) => median(list.map((run) => run[key]));
  return {
    connections,
    sides: runs.map((list) => ({
      perSecond: of(list, "perSecond"),
      p50: of(list, "p50"),
      p99: of(list, "p99"),
      cpuMs: of(list, "cpuMs"),
      failed: list.reduce((sum, run) => sum + run.failed, 0),
    })),
    ratio: median(ours.map((run, i) => run.perSecond / theirs[i].perSecond)),
  };
}

function report(title, rows, contestants) {
  console.log(`\n${title}`);
  console.log("| clients | server | requests/s | p50 ms | p99 ms | CPU ms per request | failed | ratio |");
  console.log("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const { connections, sides, ratio } of rows) {
    for (const [i, side] of sides.entries()) {
      const cells = [
        connections,
        contestants[i].name,
        Math.round(side.perSecond).toLocaleString("en-US"),
        side.p50.toFixed(2),
        side.p99.toFixed(2),
        side.cpuMs.toFixed(2),
        side.failed,
        i === 0 ? ratio.toFixed(1) : "1",
      ];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}

/** Scores a file again and again until told to stop. */
function keepScoring(predictors, input) {
  let stopped = false;
  let files = 0;
  const running = (async () => {
    while (!stopped) {
      await predictors.score(input, join(folder, "scored.csv"), "file");
      files++;
    }
  })();
  return async () => {
    stopped = true;
    await running;
    return files;
  };
}

async function besideBatch(servers, stateDir, contestants, bodies) {
  const input = join(folder, "batch.csv");
  await writeSyntheticTweets(input, Number(values["batch-rows"]), 42);
  const redisPid = await redisPidOf(servers.redisUrl);
  const predictors = await startPredictors(servers, stateDir, redisPid, 2, log);
  stops.push(() => predictors.stop());
  const stop = keepScoring(predictors, input);
  const row = await compare(contestants, CLIENTS_BESIDE_BATCH, bodies);
  const files = await stop();
  report(`while two predictors score files of ${values["batch-rows"]} rows (${files})`, [row], contestants);
}

async function stopAll() {
  for (const stop of stops.splice(0).reverse()) await stop();
  log.end();
  rmSync(folder, { recursive: true, force: true });
}

for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => void stopAll().finally(() => process.exit(code)));
}

try {
  const servers = await startServers({ stateDir: join(folder, "servers") });
  stops.push(() => servers.stop());
  const stateDir = join(folder, "state");
  const training = join(folder, "training.csv");
  await writeSyntheticTweets(training, TRAINING_ROWS, 1);
  say("training the model that both serve");
  await trainModel(servers, stateDir, training, log);
  const bodies = await bodiesOf(training);
  const contestants = [];
  for (const start of [
    () => startOurs(servers, stateDir),
    () => startMlflow(servers, process.env.COLAML_PYTHON),
  ]) {
    const contestant = await start();
    contestants.push(contestant);
    stops.push(() => contestant.stop());
  }
  // warm: compiled code, models in memory
  for (const { url } of contestants) await ask({ url, connections: 8, seconds: 2, bodies });
  const [ours] = contestants;
  const before = residentMb(ours.pids.server);
  const rows = [];
  for (const connections of CLIENTS) rows.push(await compare(contestants, connections, bodies));
  report(`one text per request, median of ${rounds} interleaved rounds of ${seconds} s`, rows, contestants);
  const after = residentMb(ours.pids.server);
  console.log(
    `\nresident memory of ColaML's server: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`,
  );
  if (Number(values["batch-rows"]) > 0) await besideBatch(servers, stateDir, contestants, bodies);
} finally {
  await stopAll();
}
