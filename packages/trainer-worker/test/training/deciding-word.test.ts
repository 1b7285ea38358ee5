import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import { WordPresence } from "@colaml/trainer-worker/training/deciding-word";
import { writeRows } from "../champion/invented-rows";
import { candidate, judge } from "../champion/local-check";

/** @param rows columns that are present in each */
function decidingWord(
  rows: readonly (readonly number[])[],
  classOf: readonly number[],
  nClasses: number,
  terms: readonly string[],
  modelAccuracy: number,
) {
  const presence = new WordPresence(terms.length, classOf, nClasses);
  for (const [row, columns] of rows.entries()) presence.add(row, columns, columns.length);
  return presence.decidingWord(terms, modelAccuracy);
}

describe("the word that decides everything", () => {
  const classOf = Array.from({ length: 100 }, (_, i) => (i < 60 ? 0 : 1));

  it("is found by its presence, or by its absence", () => {
    const present = classOf.map((k, i) => (k === 1 ? [i % 3, 3] : [i % 3]));
    expect(decidingWord(present, classOf, 2, ["a", "b", "c", "resolved"], 1)).toEqual({
      term: "resolved",
      accuracy: 1,
      majority: 0.6,
      model: 1,
    });
    const absent = classOf.map((k, i) => (k === 0 ? [i % 3, 3] : [i % 3]));
    expect(decidingWord(absent, classOf, 2, ["a", "b", "c", "open"], 1)?.term).toBe("open");
  });

  it.each([
    // Present in 50 of 60 rows of its class: accuracy 0.9, the model knows more.
    ["a strong word of a model that knows more", 10, 1],
    // 0.8: half of what is to be gained.
    ["a word that leaves many rows open", 20, 0.82],
  ])("is not %s", (_, missing, model) => {
    const rows = classOf.map((k, i) => (k === 0 && i >= missing ? [0] : [1]));
    expect(decidingWord(rows, classOf, 2, ["strong", "other"], model)).toBeUndefined();
  });

  it("is not looked for among a few rows", () => {
    const few = Array.from({ length: 40 }, (_, i) => i % 2);
    expect(
      decidingWord(
        few.map((k) => [k]),
        few,
        2,
        ["x", "y"],
        1,
      ),
    ).toBeUndefined();
  });

  it("is not one word of many classes, each of which has its own", () => {
    const three = Array.from({ length: 90 }, (_, i) => i % 3);
    const rows = three.map((k) => [k]);
    // Whether the first word is there leaves two classes open: 2 of 3.
    expect(decidingWord(rows, three, 3, ["a", "b", "c"], 1)).toBeUndefined();
  });
});

describe("a file of more classes, two of which have nearly all rows", () => {
  // 50 rows of class 2, 48 of class 0, 2 of class 1.
  const classOf = Array.from({ length: 100 }, (_, i) => (i < 50 ? 2 : i < 98 ? 0 : 1));

  it("can have a word that decides between those two", () => {
    const rows = classOf.map((k) => (k === 0 ? [0, 1] : k === 1 ? [2] : [0]));
    expect(decidingWord(rows, classOf, 3, ["a", "status", "c"], 0.98)).toEqual({
      term: "status",
      accuracy: 0.98,
      majority: 0.5,
      model: 0.98,
    });
  });
});

describe("a file with a leak", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "leak-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is held with the word, until a champion that knows the word was let in", async () => {
    const random = seededRandom(5);
    const words = () => Array.from({ length: 6 }, () => `w${Math.floor(random() * 40)}`).join(" ");
    const path = join(folder, "leak.csv");
    writeRows(
      path,
      Array.from(
        { length: 800 },
        (_, i) => `${words()}${i % 3 === 0 ? " escalated" : ""} n${i},${i % 3 === 0}`,
      ),
    );
    const leaky = await candidate(path, { boosting: { iterations: 10, learning_rate: 0.5 } });
    const first = await judge(leaky);
    expect([first.verdict, first.reason]).toEqual([
      "HOLD",
      expect.stringMatching(/one word decides everything: whether "escalated" is in the text/),
    ]);
    const later = await judge(leaky, leaky);
    expect(later.reason).toMatch(/^not better/);
  });
});
