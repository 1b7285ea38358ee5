import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { writeNoise, writeRows } from "./invented-rows";
import { type Candidate, candidate, judge } from "./local-check";

/** Trainings on nonsense words with labels by coin, each with a seed of its own. */
const TRAININGS = 50;
const settings = {
  features: { max_features: 50 },
  boosting: { iterations: 8, learning_rate: 0.3, depth: 4 },
};
let folder: string;
let champion: Candidate;
const noisy: Candidate[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "noise-"));
  const tweets = join(folder, "tweets.csv");
  await writeSyntheticTweets(tweets, 3_000, 42);
  champion = await candidate(tweets);
  for (let seed = 0; seed < TRAININGS; seed++) {
    const path = join(folder, `noise-${seed}.csv`);
    writeNoise(path, 500, seed);
    noisy.push(await candidate(path, { ...settings, split: { random_seed: seed } }));
  }
}, 400_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const verdicts = async (how: (noise: Candidate) => ReturnType<typeof judge>) => {
  const reports = await Promise.all(noisy.map(how));
  return { promoted: reports.filter(({ verdict }) => verdict === "PROMOTE").length, reports };
};

describe("fifty models of noise", () => {
  it("are never promoted over a good champion, some of them by points", async () => {
    expect(champion.trained.metrics.test.accuracy_score).toBeGreaterThan(0.8);
    expect((await verdicts((noise) => judge(noise, champion, { rule: "better" }))).promoted).toBeGreaterThan(
      2,
    );
    expect((await verdicts((noise) => judge(noise, champion))).promoted).toBe(0);
  });

  it("are never promoted if there is no champion, many of them by points", async () => {
    expect((await verdicts((noise) => judge(noise, undefined, { rule: "better" }))).promoted).toBeGreaterThan(
      9,
    );
    expect((await verdicts((noise) => judge(noise))).promoted).toBe(0);
  });

  it.each(["f1_score", "macro_f1", "roc_auc"] as const)("are never promoted by %s either", async (metric) => {
    const retrained: Candidate[] = [];
    // The metric decides what the training tests: ten of them are enough to see that it does.
    for (let seed = 0; seed < 10; seed++) {
      const path = join(folder, `noise-${seed}.csv`);
      retrained.push(await candidate(path, { ...settings, champion: { metric } }));
    }
    for (const noise of retrained) {
      expect((await judge(noise)).verdict).not.toBe("PROMOTE");
      expect((await judge(noise, champion)).verdict).not.toBe("PROMOTE");
    }
  });

  it("are held with a reason that says why and how to overrule it", async () => {
    const { reports } = await verdicts((noise) => judge(noise, champion));
    const held = reports.filter(({ verdict }) => verdict === "HOLD");
    expect(held.length).toBeGreaterThan(0);
    for (const { reason } of held) {
      expect(reason).toMatch(/it may be chance|not the kind of data/);
      expect(reason).toMatch(/cola models promote 2 --model modelo_nuevo/);
    }
  });
});

describe("a champion on data of another kind", () => {
  it("holds a challenger of another task under the same label names", async () => {
    // Food or hardware: easy to learn, and nothing that the champion knows of.
    const random = seededRandom(1);
    const path = join(folder, "task.csv");
    writeRows(
      path,
      Array.from({ length: 1_500 }, (_, i) => {
        const words = i % 2 === 0 ? ["apple", "plum", "pear", "fig"] : ["nail", "screw", "bolt", "rivet"];
        const text = Array.from({ length: 3 }, () => words[Math.floor(4 * random())]).join(" ");
        return `${text} n${i},${i % 2 === 0}`;
      }),
    );
    const other = await candidate(path, settings);
    expect(other.trained.metrics.test.accuracy_score).toBeGreaterThan(0.95);
    const report = await judge(other, champion);
    expect(report.verdict).toBe("HOLD");
    expect(report.reason).toMatch(/champion version 1 .*not the kind of data it was made for/);
    const forced = await judge(other, champion, { force: true });
    expect(forced).toMatchObject({
      verdict: "PROMOTE",
      forcedOver: expect.stringMatching(/not the kind of data/),
    });
    expect(forced.reason).toMatch(/^--force-promote overruled HOLD: /);
  });
});
