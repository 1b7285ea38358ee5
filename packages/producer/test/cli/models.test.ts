import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { CompareResult } from "@colaml/shared/contracts/compare";
import type { MonitorResult } from "@colaml/shared/contracts/monitor";
import type { TrainResult } from "@colaml/shared/contracts/train";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import type { ChampionEntry } from "@colaml/shared/mlflow/champion";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { clientFor } from "../../../shared/test/mlflow/example-publication";
import { type RunningCola, runCola, startCola } from "./cola-process";

const root = resolve(__dirname, "../../../..");
const model = `decided_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "cola-models-"));
const env = {
  COLAML_STATE_DIR: join(folder, "state"),
  COLAML_REDIS_PREFIX: `{models-${process.pid}}`,
  COLAML_MODEL: model,
  MLFLOW_EXPERIMENT_NAME: model,
  COLAML_PORT: "0",
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
};
const [tweets, fresh] = ["tweets.csv", "fresh.csv"].map((name) => join(folder, name)) as [string, string];
let up: RunningCola;

beforeAll(async () => {
  await writeSyntheticTweets(tweets, 3_000, 7);
  await writeSyntheticTweets(fresh, 1_000, 8);
  up = startCola(["up", "--predictors", "1"], env, folder);
  await up.said(/ColaML is up/);
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  rmSync(folder, { recursive: true, force: true });
});

const cola = (...args: string[]) => runCola(args, env, folder);
async function json<T = Record<string, unknown>>(...args: string[]) {
  const { code, stdout, stderr } = await cola(...args, "--json");
  const lines = stdout.trimEnd().split("\n");
  if (lines.length !== 1) throw new Error(`stdout is not one object: ${stdout}\n${stderr}`);
  return { code, value: JSON.parse(lines[0]!) as T };
}
/** The commands that an answer offers, by what they are for. */
const offered = (stdout: string) =>
  [...stdout.matchAll(/^ {4}(\S.*?) {2,}(cola .*|http.*)$/gm)].map(([, what, command]) => [
    what,
    command!.replace("cola ", ""),
  ]);

describe("a first training that is rejected", () => {
  it("says so, and what can be typed next; nothing is champion", async () => {
    const { code, stdout } = await cola("train", tweets, "--champion-threshold", "0.99");
    expect(code).toBe(0);
    expect(stdout).toContain(`${model} version 1: rejected, there is no champion - REJECT: `);
    expect(offered(stdout)).toEqual([
      ["predict with it", `predict FILE --output OUT --model models:/${model}/1`],
      ["promote it by hand", "models promote 1 --reason WHY"],
      [
        "see the run",
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#\/experiments\/\d+\/runs\/[0-9a-f]{32}/),
      ],
    ]);
  });

  it("is named by a prediction that asks for the champion, and can be used", async () => {
    const refused = await json("predict", "--text", "thanks");
    expect(refused.value).toMatchObject({
      error_code: "MODEL_NOT_FOUND",
      message: expect.stringMatching(
        new RegExp(
          `no version of ${model} is champion; the newest is version 1 \\(REJECT: .*\\): use it with --model models:/${model}/1, or .*cola models promote 1 --model ${model}`,
        ),
      ),
    });
    const used = await json("predict", "--text", "thanks", "--model", `models:/${model}/1`);
    expect(used.value).toMatchObject({ modelVersion: "1", predictions: [{ label: expect.any(String) }] });
  });
});

describe("what a verdict leads to", () => {
  it("is exit code 3 for a required promotion that does not come, also in the job", async () => {
    const { code, value } = await json<TrainResult>(
      "train",
      tweets,
      "--champion-threshold",
      "0.99",
      "--require-promotion",
    );
    expect(code).toBe(3);
    expect(value).toMatchObject({ ok: false, promoted: false, decision: "REJECT", modelVersion: "2" });
    const { value: listed } = await json<{ jobs: { id: string; queue: string }[] }>("jobs");
    const { id } = listed.jobs.find(({ queue }) => queue === "train")!;
    const { value: shown } = await json<{ result: TrainResult }>("jobs", "show", id);
    expect(shown.result).toMatchObject({ ok: false });
  });

  it("leaves the alias where it is with --no-promote, whatever the verdict", async () => {
    const { code, value } = await json<TrainResult>("train", tweets, "--no-promote", "--require-promotion");
    expect(code).toBe(0);
    expect(value).toMatchObject({ ok: true, promoted: false, decision: "PROMOTE", modelVersion: "3" });
    expect((await json("predict", "--text", "thanks")).value["error_code"]).toBe("MODEL_NOT_FOUND");
  });

  it("says of a promotion how to go back if there is a way, and of one that is held how to compare and overrule", async () => {
    const promoted = await cola("train", tweets);
    expect(promoted.stdout).toContain("version 4: promoted to champion - PROMOTE: ");
    expect(offered(promoted.stdout).map(([, command]) => command)).toEqual([
      "predict FILE --output OUT",
      // A first champion has nothing to go back to.
      expect.stringMatching(/^http/),
    ]);
    const held = await cola("train", tweets, "--model", model);
    expect(held.stdout).toContain("version 5: held, version 4 stays champion - HOLD: ");
    expect(offered(held.stdout).map(([, command]) => command)).toEqual([
      `predict FILE --output OUT --model models:/${model}/5`,
      `models compare 4 5 FILE --model ${model}`,
      `models promote 5 --model ${model} --reason WHY`,
      expect.stringMatching(/^http/),
    ]);
    const other = `${model}_other`;
    await cola("train", tweets, "--model", other);
    const second = await cola("train", tweets, "--model", other, "--force-promote");
    expect(second.stdout).toContain("version 2: promoted to champion - PROMOTE: ");
    expect(offered(second.stdout)).toContainEqual([
      "go back to version 1",
      `models rollback --model ${other} --reason WHY`,
    ]);
    const back = await cola("models", "rollback", "--model", other, "--reason", "WHY");
    expect(back.stdout).toContain("version 1 is champion again");
  });
});

describe("the champion by hand", () => {
  it("is promoted with a reason, and recorded", async () => {
    expect((await json("models", "promote", "5", "--reason", "it reads better")).value).toEqual({
      model,
      version: "5",
      replaced: "4",
      promoted: true,
    });
    expect((await json("models", "promote", "5")).value).toMatchObject({ promoted: false });
    const { value } = await json<{ history: ChampionEntry[] }>("models", "history");
    expect(value.history[0]).toMatchObject({
      version: "5",
      replaced: "4",
      reason: "by hand: it reads better",
    });
    expect((await json("predict", "--text", "thanks")).value["modelVersion"]).toBe("5");
  });

  it("goes back to any version that was champion, and to no other", async () => {
    expect((await json("models", "promote", "3", "--reason", "once")).value).toMatchObject({ replaced: "5" });
    expect((await json("models", "rollback", "--to", "4", "--reason", "no better")).value).toEqual({
      model,
      version: "4",
      replaced: "3",
    });
    const never = await json("models", "rollback", "--to", "1");
    expect([never.code, never.value["message"]]).toEqual([2, expect.stringContaining("models promote 1")]);
    const [none, noNumber] = [await json("models", "promote", "99"), await json("models", "promote", "best")];
    expect([none.code, none.value["error_code"]]).toEqual([1, "MODEL_NOT_FOUND"]);
    expect([noNumber.code, noNumber.value["error_code"]]).toEqual([2, "USAGE"]);
  });
});

describe("two versions on the same rows", () => {
  const labelsOf = async (version: string) => {
    const output = join(folder, `scored-${version}.csv`);
    await cola("predict", fresh, "--output", output, "--model", `models:/${model}/${version}`);
    const labels: string[] = [];
    for await (const { others } of readDataset({ path: output }, { others: ["label"] }).batches())
      labels.push(...others[0]!);
    return labels;
  };

  it("differ where their predictions do, and the labels decide which is better", async () => {
    const weak = ["--iterations", "1", "--max-features", "3", "--champion-threshold", "0.01", "--no-promote"];
    expect((await json("train", tweets, ...weak)).value["modelVersion"]).toBe("6");
    const { value, code } = await json<CompareResult>("models", "compare", "champion", "6", fresh);
    const [ours, theirs] = [await labelsOf("4"), await labelsOf("6")];
    const changed = ours.filter((label, row) => label !== theirs[row]).length;
    expect(changed).toBeGreaterThan(0);
    expect(code).toBe(0);
    expect(value).toMatchObject({
      baseline: { model, version: "4" },
      challenger: { model, version: "6" },
      rows: ours.length,
      changed,
      labelled: ours.length,
      better: "baseline",
      warnings: [expect.stringMatching(/left out: /)],
    });
    expect(value.byClass.find(({ label }) => label === "True")).toMatchObject({
      baseline: ours.filter((label) => label === "True").length,
      challenger: theirs.filter((label) => label === "True").length,
    });
    expect(value.words.length).toBeGreaterThan(0);
    expect(value.examples.length).toBeGreaterThan(0);
  });

  it("are shown to a person with classes, words and examples, and warned of on training rows", async () => {
    const { stdout } = await cola("models", "compare", "4", "6", tweets);
    expect(stdout).toMatch(/version 4 and version 6.*version 4 is better/);
    expect(stdout).toMatch(/what moved the labels, by word/);
    expect(stdout).toMatch(/note: .* version 4 was trained on rows of this very file/);
    expect(stdout).not.toMatch(/@\d{5}/);
  });

  it("can be compared by a job that another system submits, and not with itself", async () => {
    const detached = await json("models", "compare", "4", "6", fresh, "--detach");
    const watched = await json<{ result: CompareResult }>("jobs", "watch", detached.value["id"] as string);
    expect(watched.value.result.rows).toBeGreaterThan(900);
    const same = await json("models", "compare", "4", "champion", fresh);
    expect([same.code, same.value["error_code"]]).toEqual([2, "USAGE"]);
    const odd = await json("models", "compare", "4", "../6", fresh);
    expect([odd.code, odd.value["error_code"]]).toEqual([2, "USAGE"]);
  });
});

describe("the gate of examples/check-in-ci.sh", () => {
  const gate = (accuracy: string) =>
    new Promise<number>((done) => {
      const more = { PATH: process.env["PATH"], HOME: process.env["HOME"], ACCURACY: accuracy };
      const script = join(root, "examples/check-in-ci.sh");
      const options = { cwd: folder, env: { ...env, ...more, COLAML_LOG_FILE: "" } };
      execFile("bash", [script, "tweets.csv", "fresh.csv"], options, (error) =>
        done(error === null ? 0 : Number(error.code)),
      );
    });
  const champion = async () =>
    (await json<{ history: ChampionEntry[] }>("models", "history")).value.history[0]!.version;

  it("promotes the model just trained once it has passed, and leaves the champion if it fails", async () => {
    expect(await gate("0.999")).toBe(3);
    expect(await champion()).toBe("4");
    expect(await gate("0.6")).toBe(0);
    expect(await champion()).toBe("8");
  });
});

it("calls a check that fails by drift only a failure everywhere", async () => {
  const drifted = join(folder, "drifted.csv");
  const rows = Array.from({ length: 600 }, (_, i) => `${i},refund refund order ${i % 7}`);
  writeFileSync(drifted, ["tweet_id,text", ...rows, ""].join("\n"));
  const { code, value } = await json<MonitorResult>("monitor", drifted);
  expect([code, value.ok, value.verdict, value.n, value.drift?.level]).toEqual([
    3,
    false,
    "fail",
    0,
    "alert",
  ]);
  const run = await clientFor(env.MLFLOW_TRACKING_URI).runs.get(value.runId!);
  expect(run.tags["colaml.verdict"]).toBe("fail");
  const { value: listed } = await json<{ jobs: { id: string; queue: string }[] }>("jobs");
  const job = listed.jobs.find(({ queue }) => queue === "monitor")!;
  const { value: shown } = await json<{ result: MonitorResult }>("jobs", "show", job.id);
  expect(shown.result.verdict).toBe("fail");
  expect((await cola("jobs", "watch", job.id)).code).toBe(3);
});
