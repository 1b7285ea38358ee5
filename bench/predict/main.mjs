// npm run bench -- predict [--rows 100000,1000000] [--rounds 3] [--data FILE]
// Ours beside the Python original on the same file, one after the other, round by round.
// npm run bench -- predict --memory [--rows 100000,1000000,10000000]
// Peak memory of every process as the file grows, without Python.
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServers } from "@colaml/producer/local/servers";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import {
  discard,
  sameBytes,
  startInProcess,
  startPredictors,
  startPython,
  trainModel,
} from "./contestants.mjs";
import { measureMemory } from "./memory.mjs";
import { measureProcesses } from "./process-usage.mjs";
import { redisPidOf } from "./redis-pid.mjs";

const TRAINING_ROWS = 20_000;
const { values } = parseArgs({
  options: {
    rows: { type: "string" },
    memory: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    data: { type: "string" },
    "no-python": { type: "boolean", default: false },
  },
});

const rowsList = (values.rows ?? (values.memory ? "100000,1000000,10000000" : "100000,1000000"))
  .split(",")
  .map(Number);
const folder = mkdtempSync(join(tmpdir(), "colaml-bench-predict-"));
const log = createWriteStream(join(folder, "workers.log"));
const stops = [];
const say = (text) => process.stderr.write(`${text}\n`);

/** Middle value: one run that was disturbed does not count. */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
const count = (number) => Math.round(number).toLocaleString("en-US");

async function contestants(servers, training, redisPid) {
  const stateDir = join(folder, "state");
  say("training the model that ours score with, and Python's own");
  await trainModel(servers, stateDir, training, log);
  const list = [];
  if (!values["no-python"]) list.push(await startPython(process.env.COLAML_PYTHON_BENCH, training));
  list.push(await startInProcess(stateDir, servers));
  for (const contestant of list) stops.push(() => contestant.stop());
  // One and two predictors share the queue's name: only one set may be up at a time.
  const through = (predictors, transport) => ({
    name: `ours, ${transport === "file" ? "byte ranges" : "transport redis"}, ${predictors} predictor${predictors > 1 ? "s" : ""}`,
    set: predictors,
    transport,
  });
  list.push(through(2, "file"), through(2, "redis"), through(1, "file"), through(1, "redis"));
  return { list, open: (predictors) => startPredictors(servers, stateDir, redisPid, predictors, log) };
}

async function runOne(contestant, input, output) {
  const stop = measureProcesses(contestant.pids);
  const seconds = await contestant.score(input, output, contestant.transport);
  return { seconds, usage: stop() };
}

/** All contestants on one file, `rounds` times in turn; the first turn warms up and is not counted. */
async function compare(input, rounds, { list, open }) {
  const runs = new Map(list.map(({ name }) => [name, []]));
  const reference = join(folder, "reference.csv");
  for (let round = 0; round <= rounds; round++) {
    let set;
    stops.push(() => set?.predictors.stop());
    for (const contestant of list) {
      // Python has no compiler to warm up, and its turn is long
      if (round === 0 && contestant.pids?.python) continue;
      if (contestant.set !== set?.size) {
        await set?.predictors.stop();
        set = contestant.set && { size: contestant.set, predictors: await open(contestant.set) };
        // fresh processes: their compiled code has to get warm, as that of a worker that stays is
        if (set) await set.predictors.score(input, join(folder, "warm.csv"), "file");
      }
      const ready = set ? { ...contestant, ...set.predictors } : contestant;
      const output = join(folder, "output.csv");
      const run = await runOne(ready, input, output);
      if (round > 0) runs.get(contestant.name).push(run);
      if (contestant.name.includes("in process")) {
        const { copyFileSync } = await import("node:fs");
        copyFileSync(output, reference);
      } else if (set && !(await sameBytes(output, reference))) {
        throw new Error(`${contestant.name} wrote other bytes than the single process`);
      }
      discard(output);
      discard(join(folder, "warm.csv"));
      say(`  round ${round}: ${contestant.name}: ${run.seconds.toFixed(2)} s`);
    }
    await set?.predictors.stop();
    set = undefined;
  }
  return runs;
}

function report(rows, runs) {
  const python = runs.get("Python original");
  console.log(`\n${count(rows)} rows, median of ${values.rounds} interleaved rounds`);
  for (const [name, list] of runs) {
    const seconds = median(list.map((run) => run.seconds));
    const ratio = python && median(list.map((run, i) => python[i].seconds / run.seconds));
    const speed = `${name.padEnd(40)} ${count(rows / seconds).padStart(10)} rows/s`;
    console.log(`${speed}${ratio ? `  ${ratio.toFixed(1)} x Python` : ""}`);
    const last = list.at(-1).usage;
    const parts = Object.entries(last).map(
      ([process_, { cpuSeconds, peakMb }]) =>
        `${process_} ${cpuSeconds?.toFixed(2) ?? "?"} s CPU ${peakMb?.toFixed(0) ?? "?"} MB`,
    );
    console.log(`  ${parts.join(", ")}`);
  }
}

/** Ends what was started, last first. */
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
  const redisPid = await redisPidOf(servers.redisUrl);
  const training = join(folder, "training.csv");
  await writeSyntheticTweets(training, TRAINING_ROWS, 1);
  if (values.memory) {
    const stateDir = join(folder, "state");
    await trainModel(servers, stateDir, training, log);
    const open = () => startPredictors(servers, stateDir, redisPid, 2, log);
    await measureMemory({ rowsList, folder, redisUrl: servers.redisUrl, open, stops, say });
  }
  const field = values.memory ? undefined : await contestants(servers, training, redisPid);
  for (const rows of values.memory ? [] : values.data ? [undefined] : rowsList) {
    const input = values.data ?? join(folder, `tweets-${rows}.csv`);
    if (!values.data) await writeSyntheticTweets(input, rows, 42);
    const runs = await compare(input, Number(values.rounds), field);
    report(rows ?? Number.NaN, runs);
  }
} finally {
  await stopAll();
}
