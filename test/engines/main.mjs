// npm run test:engines [-- spark ray]
// A model is trained and published; `cola predict`, Spark and Ray Data score the same 100,000 rows, some without a text.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { colaUp, run, runCola, stopAll } from "./processes.mjs";

const ROWS = 100_000;
const MODEL = "engines";
/** Spark 4 runs on Java 17 and newer. */
const LEAST_JAVA = 17;
/** Labels are equal; probabilities as far as docs/models.md promises between ours and the Python loader. */
const TOLERANCE = 1e-6;
const ENGINES = ["spark", "ray"];

const script = fileURLToPath(new URL("engine_rows.py", import.meta.url));
/** Workers of the engines import the example, too. */
const examples = fileURLToPath(new URL("../../examples", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "colaml-engines-"));
const say = (line) => process.stderr.write(`${line}\n`);
const perSecond = (seconds) => Math.round(ROWS / seconds).toLocaleString("en-US");

function chosenEngines() {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !ENGINES.includes(name));
  if (unknown !== undefined)
    throw new Error(`npm run test:engines -- ${unknown}: allowed are ${ENGINES.join(", ")}`);
  return names.length === 0 ? ENGINES : names;
}

/** Why Spark cannot run here, in one line; nothing if it can. */
async function whyNoJava() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, "bin/java") : "java";
  const version = await run(java, ["-version"]).then(
    ({ stderr }) => /version "(\d+)/.exec(stderr)?.[1] ?? "unknown",
    () => undefined,
  );
  if (Number(version) >= LEAST_JAVA) return undefined;
  const found = version === undefined ? `${java} does not start` : `${java} is ${version}`;
  return `Spark needs Java ${LEAST_JAVA} or newer: ${found} (on Debian and Ubuntu: apt install openjdk-17-jre-headless)`;
}

async function engineRows(env, ...args) {
  const { stdout } = await run(process.env.COLAML_PYTHON_ENGINES, [script, ...args], { env });
  return stdout === "" ? undefined : JSON.parse(stdout.trim().split("\n").at(-1));
}

/** Trains, and predicts twice: as with the engines, the second time all is started. */
async function predictOurselves(env) {
  const training = join(folder, "tweets.csv");
  const fresh = join(folder, "new-tweets.csv");
  await writeSyntheticTweets(training, 20_000, 42);
  await writeSyntheticTweets(fresh, ROWS, 43);
  const { modelVersion } = await runCola(env, ["train", training, "--model", MODEL]);
  const predicted = join(folder, "predicted.csv");
  const args = [
    "predict",
    fresh,
    "--output",
    predicted,
    "--force",
    "--model",
    `models:/${MODEL}/${modelVersion}`,
  ];
  await runCola(env, args);
  const { seconds, rows, rejected } = await runCola(env, args);
  say(`cola predict: ${rows} rows, ${rejected} without a text, ${perSecond(seconds)} rows/s`);
  return { fresh, predicted, modelUri: `models:/${MODEL}@champion` };
}

/** Problems of an engine's answers; empty if they are those of `cola predict`. */
function problems({ rows, nulls, sameRows, nullsUnanswered, labelsThatDiffer, probabilityDifference }) {
  return [
    rows === ROWS ? "" : `${rows} rows instead of ${ROWS}`,
    nulls > 0 ? "" : "no row of the input is without a text",
    sameRows ? "" : "its rows are others than those of cola predict",
    nullsUnanswered ? "" : "a row without a text has an answer",
    labelsThatDiffer === 0 ? "" : `${labelsThatDiffer} labels differ`,
    probabilityDifference <= TOLERANCE ? "" : `probabilities differ by ${probabilityDifference}`,
  ].filter((problem) => problem !== "");
}

/** @returns what became of the engine: passed, failed or skipped */
async function tryEngine(name, rows) {
  const why = name === "spark" ? await whyNoJava() : undefined;
  if (why !== undefined) {
    say(`SKIP ${name}: ${why}`);
    return "skipped";
  }
  try {
    return (await answersAsOurs(name, rows)) ? "passed" : "failed";
  } catch (error) {
    say(`FAIL ${name}: ${error.message}`);
    return "failed";
  }
}

async function answersAsOurs(name, { env, input, predicted, modelUri }) {
  const output = join(folder, name);
  const [first, second] = await engineRows(env, "time", `${name}_score`, modelUri, input, output);
  const report = await engineRows(env, "compare", input, `${output}-1`, predicted);
  const found = problems(report);
  const speed = `${perSecond(second)} rows/s (${second.toFixed(1)} s; the first run with its start ${first.toFixed(1)} s)`;
  say(
    `${found.length === 0 ? "PASS" : "FAIL"} ${name}: ${found.join("; ") || `${speed}; ${report.nulls} nulls unanswered`}`,
  );
  return found.length === 0;
}

async function testEngines(engines) {
  const { env } = await colaUp(folder);
  // Ray gives way to every other process (nice 15) unless it is set not to, and reports its use to its makers.
  Object.assign(env, { RAY_worker_niceness: "0", RAY_USAGE_STATS_ENABLED: "0", PYTHONPATH: examples });
  const { fresh, ...ours } = await predictOurselves(env);
  const input = join(folder, "new-tweets.parquet");
  await engineRows(env, "parquet", fresh, input);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of engines) counts[await tryEngine(name, { env, input, ...ours })]++;
  return counts;
}

try {
  const { passed, failed, skipped } = await testEngines(chosenEngines());
  process.exitCode = failed === 0 ? 0 : 1;
  process.stdout.write(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}\n`);
} catch (error) {
  say(error.message);
  process.exitCode = 1;
} finally {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
}
