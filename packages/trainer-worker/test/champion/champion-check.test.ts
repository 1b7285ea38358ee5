import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import { REFERENCE_PROFILE_FILE } from "@colaml/shared/learning/model/reference-profile";
import { SEEN_ROWS_FILE } from "@colaml/shared/learning/model/seen-rows";
import { championHistory } from "@colaml/shared/mlflow/champion";
import { publishTraining } from "@colaml/trainer-worker/publish/publish-training";
import { openTrainingBench, type TrainingBench } from "../training-bench";
import { writeNoise } from "./invented-rows";
import { candidate } from "./local-check";

/** A quick model that is good enough. */
const quick = { boosting: { iterations: 20, learning_rate: 0.3 } };
/** One that is worse, and still better than chance. */
const poor = { features: { max_features: 12 }, boosting: { iterations: 2, depth: 2 } };
let bench: TrainingBench;
let tweets: string;
let fewer: string;
beforeAll(async () => {
  bench = await openTrainingBench();
  [tweets, fewer] = [join(bench.folder, "tweets.csv"), join(bench.folder, "fewer.csv")];
  await writeSyntheticTweets(tweets, 3_000, 42);
  await writeSyntheticTweets(fewer, 2_000, 42);
});
afterAll(() => bench.close());

const reportOf = async (runId: string) => {
  const run = await bench.mlflow.runs.get(runId);
  const file = await bench.mlflow.artifacts.download(run.artifactUri, "champion_verdict.json");
  return { run, report: JSON.parse(file.toString("utf8")) };
};
const versionTags = async (model: string, version: string) =>
  (await bench.mlflow.registry.version(model, version)).tags;

describe("what the champion check leaves", () => {
  it("is in the result, the tags of run and version, the run's metrics and its file", async () => {
    const model = `${bench.model}-record`;
    const first = await bench.train({ model, ...poor }, tweets);
    expect(first.championCheck).toMatchObject({
      verdict: "PROMOTE",
      rule: "evidence",
      alpha: 0.05,
      looks: 1,
    });
    expect(first.championCheck!.pMajority).toBeLessThan(0.005);
    expect(first.championCheck).not.toHaveProperty("championVersion");

    const second = await bench.train({ model, ...quick }, tweets);
    const check = second.championCheck!;
    expect(check).toMatchObject({ verdict: "PROMOTE", championVersion: "1", looks: 1 });
    expect(check.comparedRows! + check.leftOutRows!).toBe(second.rows.test);
    expect(check.pChampion).toBeLessThan(0.05);
    const { run, report } = await reportOf(second.runId);
    expect(report).toMatchObject({ verdict: "PROMOTE", championCheck: check, evidence: { looks: 1 } });
    expect(report.evidence.champion.promotedWith.accuracy).toBe(first.metrics.test.accuracy_score);
    const wanted = {
      "colaml.verdict": "PROMOTE",
      "colaml.verdict_rule": "evidence",
      "colaml.verdict_alpha": "0.05",
      "colaml.verdict_looks": "1",
      "colaml.verdict_champion": "1",
      "colaml.verdict_rows": String(check.comparedRows),
      "colaml.verdict_left_out": String(check.leftOutRows),
      "colaml.verdict_p_champion": String(check.pChampion),
      "colaml.dataset_sha256": expect.stringMatching(/^[0-9a-f]{64}$/),
    };
    expect(run.tags).toMatchObject(wanted);
    expect(await versionTags(model, "2")).toMatchObject(wanted);
    expect((await versionTags(model, "1"))["colaml.verdict_champion"]).toBe("none");
    expect(run.metrics["compared_rows"]).toBe(check.comparedRows);
    expect(run.metrics["duplicate_test_rows"]).toBe(second.data!.duplicateTestRows);

    const third = await bench.train({ model, boosting: { iterations: 21, learning_rate: 0.3 } }, tweets);
    expect(third.championCheck).toMatchObject({ verdict: "HOLD", looks: 2, championVersion: "2" });
    const elsewhere = await bench.train({ model, ...poor }, fewer);
    expect(elsewhere.championCheck).toMatchObject({ verdict: "HOLD", looks: 1 });
  });

  it("says that a HOLD was overruled, and by what it was held", async () => {
    const model = `${bench.model}-forced`;
    await bench.train({ model, ...quick }, tweets);
    const held = await bench.train({ model, ...poor }, tweets);
    expect([held.promoted, held.verdict]).toEqual([
      false,
      expect.stringMatching(new RegExp(`^HOLD: not better.*; cola models promote 2 --model ${model} `)),
    ]);
    const forced = await bench.train({ model, ...poor, champion: { force: true } }, tweets);
    expect([forced.promoted, forced.championCheck!.forcedOver]).toEqual([
      true,
      expect.stringMatching(/^not better/),
    ]);
    expect((await versionTags(model, "3"))["colaml.verdict_forced"]).toMatch(/^not better/);
    const [latest] = await championHistory(bench.mlflow, model);
    expect(latest).toMatchObject({
      version: "3",
      reason: expect.stringMatching(/^--force-promote overruled/),
    });
  });
});

describe("a champion of an older release, without a filter of its rows", () => {
  async function published(model: string) {
    const { publication, loaded } = await candidate(fewer, { model, experiment: bench.experiment, ...poor });
    const extra = new Map(
      [...loaded.files].filter(([path]) => path === REFERENCE_PROFILE_FILE || path === "golden_sample.json"),
    );
    const record = { ...publication.record, publishId: model };
    const older = {
      ...publication,
      record,
      model: { ...publication.model!, files: bundleToFiles(loaded.bundle, extra) },
    };
    const options = { cacheDir: bench.folder, hmacKey: "", signal: new AbortController().signal };
    expect(older.model.files.has(SEEN_ROWS_FILE)).toBe(false);
    expect((await publishTraining(bench.mlflow, older, options)).promoted).toBe(true);
  }

  it("is compared fairly on the same file with the same split, and says so by saying nothing", async () => {
    const model = `${bench.model}-old-same`;
    await published(model);
    const result = await bench.train({ model, ...quick }, fewer);
    expect(result.championCheck).toMatchObject({ verdict: "PROMOTE", championVersion: "1" });
    expect(result.verdict).not.toMatch(/unfair/);
    expect(result.notes.join()).not.toMatch(/filter/);
  });

  it("is compared with a warning on a file that has grown", async () => {
    const model = `${bench.model}-old-other`;
    await published(model);
    const grown = await bench.train({ model, ...quick }, tweets);
    expect(grown.verdict).toMatch(/may be unfair: it was published without a filter of its training rows/);
    expect(grown.notes).toContainEqual(
      expect.stringMatching(/^champion version 1: it was published without/),
    );
  });
});

describe("what the data holds", () => {
  it("is counted in result, notes, log and metrics: labels alike, small classes, copies across the split", async () => {
    const path = join(bench.folder, "odd.csv");
    const lines = (await readFile(tweets, "utf8")).trimEnd().split("\n");
    const header = ",tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id";
    const row = (text: string, label: string) => `0,1,x,${label},,${text},,`;
    const copies = Array.from({ length: 120 }, (_, i) => row(`RT thanks for copy ${i % 4}`, "True"));
    const rest = [row("one more", "maybe"), row("another", "true "), row("yet another", "tRue")];
    await writeFile(path, `${[header, ...lines.slice(1), ...copies, ...rest].join("\n")}\n`);
    const result = await bench.train({ model: `${bench.model}-odd`, ...quick }, path);
    expect(result.data!.smallClasses).toEqual([{ label: "maybe", rows: 1 }]);
    // Some 36 of the copies are test rows, and each text stands in the training as well.
    expect(result.data!.duplicateTestRows).toBeGreaterThan(20);
    expect(result.rejectedByReason).toMatchObject({ "class too small": 1 });
    expect(result.notes).toContainEqual(expect.stringMatching(/^classes left out.*"maybe" \(1 row\)/));
    expect(result.notes).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^${result.data!.duplicateTestRows} of ${result.rows.test} test rows .*the training rows hold too \\(accuracy [01]\\.\\d{4} on them, [01]\\.\\d{4} on the others\\)`,
        ),
      ),
    );
    const { run, report } = await reportOf(result.runId);
    expect(run.metrics).toMatchObject({
      small_class_rows: 1,
      duplicate_test_rows: result.data!.duplicateTestRows,
    });
    expect(report.evidence.skill.leftOut).toBe(result.data!.duplicateTestRows);
  });

  it("suggests a metric that counts a rare class if accuracy hides it", async () => {
    const path = join(bench.folder, "rare.csv");
    const words = (i: number) => `w${(i * 7) % 50} w${(i * 13) % 50} w${(i * 29) % 50} n${i}`;
    const rows = Array.from({ length: 1_000 }, (_, i) => `${words(i)},${i % 20 === 0}`);
    await writeFile(path, `text,inbound\n${rows.join("\n")}\n`);
    const result = await bench.train({ model: `${bench.model}-rare`, ...poor }, path);
    expect(result.notes).toContainEqual(
      expect.stringMatching(
        /skewed: the smallest, "True", has .*% of the test rows .*--champion-metric macro_f1/,
      ),
    );
    expect(result.metrics.test.macro_f1).toBeLessThan(result.metrics.test.accuracy_score!);
  });

  it("holds a file of noise, and names what to type for a champion of other classes", async () => {
    const model = `${bench.model}-noise`;
    const noise = join(bench.folder, "noise.csv");
    writeNoise(noise, 600, 3);
    const first = await bench.train({ model, ...quick }, noise);
    expect([first.promoted, first.verdict]).toEqual([
      false,
      expect.stringMatching(/^(HOLD: it may be chance|REJECT)/),
    ]);
    await bench.train({ model, ...quick, champion: { rule: "better" } }, tweets);
    const three = join(bench.folder, "three.csv");
    const kinds = ["refund", "login", "delay"];
    const rows = Array.from({ length: 300 }, (_, i) => `${kinds[i % 3]} of order ${i},${kinds[i % 3]}`);
    await writeFile(three, `text,inbound\n${rows.join("\n")}\n`);
    const other = await bench.train({ model, ...quick }, three);
    expect(other.verdict).toMatch(
      /^HOLD: champion version 2 could not be compared: the classes differ: False, True only in the champion; .* only in the challenger; cola models promote 3 --model /,
    );
  });
});
