import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { itWithRealData, realDataPath } from "../../../shared/test/real-data";
import { learnableRows, writeRows } from "./invented-rows";
import { type Candidate, candidate, judge } from "./local-check";

const settings = {
  features: { max_features: 300 },
  boosting: { iterations: 100, learning_rate: 0.4, depth: 7, l2_leaf_reg: 1 },
};
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "growth-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a file that has grown", () => {
  const rows = learnableRows(5_000, 7);
  const trainedOn = (n: number, version: string): Promise<Candidate> => {
    const path = join(folder, `${n}.csv`);
    writeRows(path, rows.slice(0, n));
    return candidate(path, settings, version);
  };
  let champion: Candidate;
  beforeAll(async () => {
    champion = await trainedOn(2_500, "1");
  });

  it("to twice its rows lets the better challenger win, which the champion's own rows held back", async () => {
    const challenger = await trainedOn(5_000, "2");
    const unfair = await judge(challenger, champion, { rule: "better" }, { asIfUnseen: true });
    expect(unfair.reason).toMatch(/^not better/);
    const fair = await judge(challenger, champion);
    expect(fair.reason).toMatch(/against .* of version 1 on \d+ rows new to both \(\d+ left out\), p /);
    expect(fair.verdict).toBe("PROMOTE");
    const { rows: compared, leftOut } = fair.evidence.champion!;
    expect(compared + leftOut).toBe(1_500);
    // 70% of the first half's rows were the champion's: 525 of the 1,500 expected, and 0.8% of the rest.
    expect(Math.abs(leftOut - 533)).toBeLessThan(80);
  });

  it("by 300 rows per night is judged on rows that nobody saw, and the better model wins in the end", async () => {
    const nights: { unfair: string; fair: string; better: boolean }[] = [];
    for (const more of [300, 1_200, 2_400]) {
      const challenger = await trainedOn(2_500 + more, "2");
      const unfair = await judge(challenger, champion, { rule: "better" }, { asIfUnseen: true });
      const fair = await judge(challenger, champion);
      const { challenger: ours, champion: theirs } = fair.evidence.champion!;
      nights.push({ unfair: unfair.verdict, fair: fair.verdict, better: ours! > theirs! });
    }
    expect(nights.map(({ unfair }) => unfair)).toEqual(["HOLD", "HOLD", "HOLD"]);
    expect(nights.at(-1)).toEqual({ unfair: "HOLD", fair: "PROMOTE", better: true });
  });

  it("is compared on its whole test part if it has not grown and the split is the same", async () => {
    const again = await candidate(join(folder, "2500.csv"), settings, "2");
    const { evidence, verdict } = await judge(again, champion);
    // All but what the filter takes for known by chance: 0.8% of 750 rows, six.
    expect(evidence.champion!.leftOut).toBeLessThan(20);
    expect(verdict).toBe("HOLD");
  });

  it("is fair to the challenger if only the seed of the split differs", async () => {
    const other = await candidate(join(folder, "2500.csv"), { ...settings, split: { random_seed: 7 } }, "2");
    const { evidence } = await judge(other, champion);
    expect(Math.abs(evidence.champion!.leftOut - 525)).toBeLessThan(60);
  });

  itWithRealData("of real tweets promotes the challenger that is better on rows nobody saw", async () => {
    const texts: string[] = [];
    for await (const batch of readDataset(
      { path: realDataPath! },
      { text: "text", label: "inbound" },
    ).batches())
      texts.push(...batch.texts.map((text, i) => `"${text.replaceAll('"', '""')}",${batch.labels[i]}`));
    const of = (n: number, version: string) => {
      const path = join(folder, `tweets-${n}.csv`);
      writeRows(path, texts.slice(0, n));
      return candidate(path, {}, version);
    };
    const [small, large] = [await of(2_500, "1"), await of(5_000, "2")];
    const report = await judge(large, small);
    expect(report.verdict).toBe("PROMOTE");
    expect(report.evidence.champion!.leftOut).toBeGreaterThan(400);
  });
});
