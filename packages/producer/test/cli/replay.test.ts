import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReplayAnswer } from "@colaml/producer/cli/commands/replay";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { type RunningCola, runCola, startCola } from "./cola-process";

const model = `replayed_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "cola-replay-"));
const env = {
  COLAML_STATE_DIR: join(folder, "state"),
  COLAML_REDIS_PREFIX: `{replay-${process.pid}}`,
  COLAML_MODEL: model,
  MLFLOW_EXPERIMENT_NAME: model,
  COLAML_PORT: "0",
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
};
/** Other column names than the model was trained with. */
const [tweets, input, scored] = ["tweets.csv", "messages.csv", "scored.csv"].map((name) =>
  join(folder, name),
) as [string, string, string];
const receipt = `${scored}.receipt.json`;
let up: RunningCola;

const cola = (...args: string[]) => runCola(args, env, folder);
async function json<T = Record<string, unknown>>(...args: string[]) {
  const { code, stdout, stderr } = await cola(...args, "--json");
  const lines = stdout.trimEnd().split("\n");
  if (lines.length !== 1) throw new Error(`stdout is not one object: ${stdout}\n${stderr}`);
  return { code, value: JSON.parse(lines[0]!) as T };
}
async function labelsOf(path: string): Promise<string[]> {
  const labels: string[] = [];
  for await (const { others } of readDataset({ path }, { others: ["label"] }).batches())
    labels.push(...others[0]!);
  return labels;
}
const replay = (version: string, ...more: string[]) =>
  json<ReplayAnswer>("predict", "--replay", receipt, "--model", `models:/${model}/${version}`, ...more);

beforeAll(async () => {
  await writeSyntheticTweets(tweets, 3_000, 7);
  await writeSyntheticTweets(input, 1_000, 8);
  writeFileSync(
    input,
    readFileSync(input, "utf8").replace(/^.*$/m, (header) => header.replace("text", "body")),
  );
  up = startCola(["up"], env, folder);
  await up.said(/ColaML is up/);
  await json("train", tweets);
  await json("train", tweets, "--iterations", "1", "--max-features", "3", "--no-promote");
  await json("predict", input, "--output", scored, "--text-column", "body", "--pass-through", "body");
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  rmSync(folder, { recursive: true, force: true });
});

test("a past batch scored by another version: what would have changed, and nothing is left behind", async () => {
  const before = readFileSync(scored);
  const { code, value } = await replay("2");
  expect(code).toBe(0);
  const again = join(folder, "again.csv");
  await json("predict", input, "--output", again, "--text-column", "body", "--model", `models:/${model}/2`);
  const [ours, theirs] = [await labelsOf(scored), await labelsOf(again)];
  const count = (labels: string[], wanted: string) => labels.filter((label) => label === wanted).length;
  const changed = ours.filter((label, row) => label !== theirs[row]).length;
  expect(changed).toBeGreaterThan(0);
  expect(value).toMatchObject({
    batch: { output: scored, model, version: "1" },
    model,
    version: "2",
    rows: ours.length,
    changed,
    share: changed / ours.length,
  });
  expect(value.byClass.map(({ label, baseline, challenger }) => [label, baseline, challenger])).toEqual(
    value.byClass.map(({ label }) => [label, count(ours, label), count(theirs, label)]),
  );
  expect(readFileSync(scored).equals(before)).toBe(true);
  expect(readdirSync(env.COLAML_STATE_DIR).filter((name) => name.startsWith("replay-"))).toEqual([]);
});

test("the same version again changes nothing, and writes the rows to the file that is asked for", async () => {
  const output = join(folder, "replayed.csv");
  const { value } = await replay("1", "--output", output);
  expect(value).toMatchObject({ changed: 0, share: 0, changes: [], output });
  expect(readFileSync(output).equals(readFileSync(scored))).toBe(true);
  for (const file of [scored, input]) {
    const own = await replay("1", "--output", file, "--force");
    expect([own.code, own.value]).toMatchObject([1, { error_code: "OUTPUT_UNWRITABLE" }]);
  }
  const { stdout } = await cola("predict", "--replay", receipt);
  expect(stdout).toMatch(
    /by version 1 instead of version 1: 0 of \d+ rows \(0\.0%\) would have another label/,
  );
});

test("a receipt of an older release, without the request, is replayed by its plan", async () => {
  const old = join(folder, "old.csv");
  const written = JSON.parse(readFileSync(receipt, "utf8"));
  delete written.settings.request;
  writeFileSync(old, readFileSync(scored));
  writeFileSync(`${old}.receipt.json`, JSON.stringify(written));
  const { value } = await json<ReplayAnswer>("predict", "--replay", `${old}.receipt.json`);
  expect(value).toMatchObject({ version: "1", changed: 0 });
});

test("an input that was moved is named; one that was changed, and an output that was, are refused", async () => {
  const moved = join(folder, "moved.csv");
  renameSync(input, moved);
  const missing = await replay("2");
  expect([missing.code, missing.value]).toMatchObject([
    1,
    { error_code: "INPUT_CHANGED", message: expect.stringContaining("cola predict INPUT --replay") },
  ]);
  const found = await json<ReplayAnswer>("predict", moved, "--replay", receipt);
  expect(found.value.changed).toBe(0);
  renameSync(moved, input);
  const bytes = readFileSync(input);
  appendFileSync(input, "1,True,one more\n");
  expect((await replay("2")).value).toMatchObject({ error_code: "INPUT_CHANGED" });
  writeFileSync(input, bytes);
  const flags = await replay("2", "--text-column", "text");
  expect([flags.code, flags.value]).toMatchObject([2, { error_code: "USAGE" }]);
  appendFileSync(scored, " ");
  const altered = await replay("2");
  expect([altered.code, altered.value]).toMatchObject([3, { error_code: "RECEIPT_MISMATCH" }]);
});
