import { BestRows } from "@colaml/producer/review/best-rows";
import { pickRows } from "@colaml/producer/review/pick-rows";
import type { ScoredRow } from "@colaml/producer/review/scored-rows";
import { createStrangeness } from "@colaml/producer/review/strange-words";

async function* stream(rows: readonly ScoredRow[]) {
  yield* rows;
}

/** Rows of which the i-th has margin i / n, its own text unless `texts` says how many there are. */
function rowsOf(n: number, texts = n): ScoredRow[] {
  return Array.from({ length: n }, (_, i) => ({
    id: String(i),
    text: `text ${i % texts}`,
    predicted: "a",
    confidence: 0.5 + i / n / 2,
    margin: (i % texts) / n,
  }));
}

const COUNTS = { random: 20, uncertain: 30, drifted: 0 };

describe("picking rows to label", () => {
  it("takes the smallest margins that chance did not take already, and each text once", async () => {
    const { rows, picked, seen } = await pickRows(stream(rowsOf(1000)), COUNTS, 42);
    expect({ picked, seen }).toEqual({ picked: COUNTS, seen: 1000 });
    const random = new Set(rows.filter(({ reason }) => reason === "random").map(({ id }) => Number(id)));
    const smallest = Array.from({ length: 1000 }, (_, i) => i).filter((i) => !random.has(i));
    const uncertain = rows.filter(({ reason }) => reason === "uncertain").map(({ id }) => Number(id));
    expect(uncertain.sort((a, b) => a - b)).toEqual(smallest.slice(0, 30));
    expect(new Set(rows.map(({ text }) => text)).size).toBe(50);
  });

  it("picks the same rows of the same file with the same seed, and others with another", async () => {
    const ids = async (seed: number) =>
      (await pickRows(stream(rowsOf(1000)), COUNTS, seed)).rows.map(({ id }) => id);
    expect(await ids(1)).toEqual(await ids(1));
    expect(await ids(1)).not.toEqual(await ids(2));
  });

  it("says the chance of each random row, and weights that add up to the rows of the file", async () => {
    const { rows } = await pickRows(stream(rowsOf(1000, 40)), COUNTS, 7);
    const random = rows.filter(({ reason }) => reason === "random");
    expect(random.every(({ inclusionProbability }) => inclusionProbability === 0.02)).toBe(true);
    const sum = random.reduce((total, { weight }) => total + weight!, 0);
    expect(sum).toBeCloseTo(1000, 9);
    expect(random.length).toBeLessThan(20);
    expect(rows.filter(({ reason }) => reason !== "random").some((row) => "weight" in row)).toBe(false);
  });

  it("estimates a share without bias from the random rows, though texts repeat and the file is sorted", async () => {
    // text 0 stands in 500 of 1000 rows, the others once each; the label of text 0 is right, that of the others wrong
    const file = rowsOf(1000).map((row, i) => (i < 500 ? { ...row, text: "same", margin: 0 } : row));
    const estimates: number[] = [];
    for (let seed = 0; seed < 400; seed++) {
      const { rows } = await pickRows(stream(file), { random: 10, uncertain: 10, drifted: 0 }, seed);
      const random = rows.filter(({ reason }) => reason === "random");
      const right = random.filter(({ text }) => text === "same").reduce((sum, row) => sum + row.weight!, 0);
      estimates.push(right / 1000);
    }
    const mean = estimates.reduce((sum, value) => sum + value, 0) / estimates.length;
    // standard error: sqrt(0.25 / 10 * 990 / 999 / 400) = 0.0079
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * 0.0079);
  });

  it("takes rows with new words, names the words, and fills up with uncertain ones", async () => {
    const file = rowsOf(300).map((row, i) =>
      i % 100 === 99 ? { ...row, text: `esim roaming ${"!".repeat(i)} ok` } : row,
    );
    const known = new Set(["text", "ok"]);
    const strangeness = createStrangeness(
      (text) => text.match(/\w+/g) ?? [],
      new Set(["roaming"]),
      (word) => known.has(word),
    );
    const counts = { random: 0, uncertain: 5, drifted: 8 };
    const { rows, picked } = await pickRows(stream(file), { ...counts }, 1, (text) =>
      /^text/.test(text) ? { score: 0, words: [] } : strangeness(text),
    );
    expect(picked).toEqual({ random: 0, uncertain: 10, drifted: 3 });
    const drifted = rows.filter(({ reason }) => reason === "drifted");
    expect(drifted.map(({ words }) => words.join(" "))).toEqual(Array(3).fill("roaming esim"));
  });

  it("gives all rows of a small file, each once", async () => {
    const { rows, picked } = await pickRows(stream(rowsOf(7)), { random: 5, uncertain: 5, drifted: 0 }, 3);
    expect(rows.map(({ id }) => id).sort()).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    expect(picked).toEqual({ random: 5, uncertain: 2, drifted: 0 });
  });
});

describe("the best rows of a stream", () => {
  it("are those of a sort, whatever their order, and hold no text twice", () => {
    const best = new BestRows<{ text: string }>(5);
    const scores = [9, 3, 7, 3, 1, 8, 2, 6, 5, 4, 0];
    for (const [i, score] of scores.entries()) best.offer({ row: { text: `t${score}` }, score, tie: i });
    expect(best.rows().map(({ text }) => text)).toEqual(["t0", "t1", "t2", "t3", "t4"]);
  });
});

describe("how strange a text is", () => {
  it("is the share of its unknown words, without handles, links and numbers, plus named ones", () => {
    const strangeness = createStrangeness(
      (text) => text.match(/\w+/g) ?? [],
      new Set(["refund"]),
      (word) => word === "the",
    );
    // two of three different words: 2 / (3 + 3)
    expect(strangeness("the new esim the")).toEqual({ score: 2 / 6, words: ["new", "esim"] });
    expect(strangeness("the @someone http://x.y/z 55512345")).toEqual({ score: 0, words: [] });
    expect(strangeness("the refund").score).toBe(1);
  });
});
