import { readFileSync } from "node:fs";
import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import { parse } from "csv-parse/sync";
import { exampleBundle, examplePlan, linearClassifier } from "./example-model";

const TERMS = [
  "2",
  "_x",
  "apple",
  "constructor",
  "de",
  "dm",
  "help",
  "hel",
  "k",
  "sorry",
  "straße",
  "été",
  "the",
  "été",
  "ñandú",
  "日本",
  "οδοσ",
  "οδος",
  "ⅷ",
  "ñ",
]
  .filter((term, i, all) => all.indexOf(term) === i)
  .sort();
const ORIGIN = { firstLine: 2, firstRow: 0 };

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

const PIECES = [
  "help",
  "HELP",
  "hel",
  "helpme",
  "the",
  " ",
  " ",
  ",",
  "\n",
  '"',
  "apple",
  "été",
  "ÉTÉ",
  "straße",
  "K",
  "\u212a",
  "\u0130",
  "’",
  "Σ",
  "ΟΔΟΣ",
  "οδοσ",
  "日本",
  "Ⅷ",
  "ñ",
  "Ñandú",
  "🤥",
  "e\u0301",
  "_x",
  "2",
  "２",
  "constructor",
  "__proto__",
  "\0",
  "dm",
  "de",
  "\t",
  "\uFFFD",
  "ⓓⓜ",
];

/** A line of a CSV file, sometimes broken, sometimes with bytes that are no UTF-8. */
function hostileLine(next: () => number): Buffer {
  let text = "";
  for (let i = Math.floor(next() * 12); i > 0; i--) text += PIECES[Math.floor(next() * PIECES.length)];
  const cell = next() < 0.9 ? `"${text.replaceAll('"', '""')}"` : text;
  const id = next() < 0.1 ? '"a ""b"", c"' : String(Math.floor(next() * 1e6));
  const line = Buffer.from(`${id},${cell},${next() < 0.2 ? "x,y" : "z"}${next() < 0.2 ? "\r" : ""}\n`);
  if (next() < 0.1) line[Math.floor(next() * (line.length - 1))] = 0x80 + Math.floor(next() * 127);
  return line;
}

function hostileRange(next: () => number, lines: number): Buffer {
  return Buffer.concat(Array.from({ length: lines }, () => hostileLine(next)));
}

describe("the byte scorer", () => {
  it.each([
    { name: "the seed's features", features: {} },
    { name: "case kept, no stop words", features: { lowercase: false, stop_words: "none" as const } },
    { name: "sublinear counts, l1 norm", features: { sublinear_tf: true, norm: "l1" as const } },
    { name: "no norm", features: { norm: "none" as const, stop_words: ["help"] } },
  ])("writes the bytes of the plain way on hostile rows: $name", ({ features }) => {
    const next = random(features.norm === undefined ? 1 : 2);
    const bundle = exampleBundle(TERMS, features);
    const classifier = linearClassifier(bundle);
    const passThrough = [{ name: "other", place: 2 }];
    for (const plan of [examplePlan(), examplePlan({ output: { passThrough } })]) {
      const fast = ByteScorer.of(plan, bundle, classifier)!;
      const plain = new PlainScorer(plan, classifier);
      for (let round = 0; round < 150; round++) {
        const range = hostileRange(next, 20);
        const expected = plain.score(range, ORIGIN);
        const actual = fast.score(range, ORIGIN);
        expect(actual.output.toString()).toBe(expected.output.toString());
        expect({ ...actual, output: Buffer.from(actual.output) }).toEqual(expected);
      }
    }
  });

  it("numbers rows from the first one where there is no id, rejected ones included", () => {
    const { id, ...input } = examplePlan().input;
    expect(id).toBeDefined();
    const plan = { ...examplePlan(), input };
    const bundle = exampleBundle(TERMS);
    const scored = ByteScorer.of(plan, bundle, linearClassifier(bundle))!.score(
      Buffer.from("x,help,\nx,,\nx,too,many,fields\nx,dm,\n"),
      { firstLine: 102, firstRow: 100 },
    );
    expect(parse(scored.output).map((cells: string[]) => cells[0])).toEqual(["101", "104"]);
    expect(scored.rejectedLines.toString()).toBe("103,no text\n104,wrong number of fields\n");
    expect(scored).toMatchObject({ rows: 2, rejected: 2, invalidUtf8: 0 });
  });

  it("leaves to strings what bytes cannot do", () => {
    const bundle = exampleBundle(TERMS);
    const classifier = linearClassifier(bundle);
    for (const output of [{ explain: 3 }, { spreadsheetSafe: true }, { format: "ndjson" as const }]) {
      expect(ByteScorer.of(examplePlan({ output }), bundle, classifier)).toBeUndefined();
    }
    const bigrams = exampleBundle(TERMS, { ngram_range: [1, 2] });
    expect(ByteScorer.of(examplePlan(), bigrams, classifier)).toBeUndefined();
  });

  it("forgets and goes on when its memory of bags is full", () => {
    const terms = Array.from({ length: 400 }, (_, i) => `w${i}`).sort();
    const bundle = exampleBundle(terms);
    const classifier = linearClassifier(bundle);
    const lines = Array.from(
      { length: 80_000 },
      (_, i) => `${i},w${i % 400} w${Math.floor(i / 400)} w${i % 7},\n`,
    );
    const range = Buffer.from(lines.join("") + lines.slice(0, 100).join(""));
    const expected = new PlainScorer(examplePlan(), classifier).score(range, ORIGIN);
    const actual = ByteScorer.of(examplePlan(), bundle, classifier)!.score(range, ORIGIN);
    expect(actual.output.equals(expected.output)).toBe(true);
  });
});

const REAL = process.env["COLAML_TEST_DATA"] ?? `${__dirname}/../../../../../shared/data/twcs-5k.csv`;
const real = (() => {
  try {
    return readFileSync(REAL);
  } catch {
    return undefined;
  }
})();

(real ? it : it.skip)("real tweets come out the same by bytes, by strings and by csv-parse", () => {
  const bundle = exampleBundle(["dm", "hi", "is", "please", "sorry", "thanks", "us", "you"], {
    stop_words: "none",
  });
  const classifier = linearClassifier(bundle);
  const plan = examplePlan({
    input: { fields: 8, text: { name: "text", place: 5 }, id: { name: "tweet_id", place: 1 } },
  });
  const range = real!.subarray(real!.indexOf(10) + 1);
  const fast = ByteScorer.of(plan, bundle, classifier)!.score(range, ORIGIN);
  expect(fast.output.equals(new PlainScorer(plan, classifier).score(range, ORIGIN).output)).toBe(true);
  const probabilities = new Float64Array(2);
  const rows = parse(real!, { from: 2, relax_column_count: true }) as string[][];
  const expected = rows.map((row) => {
    const label = classifier.predict(row[5]!, probabilities);
    return [row[1], bundle.classes[label], probabilities[0]!.toFixed(9), probabilities[1]!.toFixed(9), "3"];
  });
  expect(parse(fast.output)).toEqual(expected);
});
