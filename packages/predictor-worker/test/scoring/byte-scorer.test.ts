import { readFileSync } from "node:fs";
import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { PANDAS_MISSING } from "@colaml/shared/tables/missing-values";
import { parse } from "csv-parse/sync";
import { itWithRealData, realDataPath } from "../../../shared/test/real-data";
import { exampleBundle, examplePlan, random, withForest, withWeights } from "./example-model";
import { hostileRange } from "./hostile-rows";

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

/** Texts without what takes a text out of the kernel: their words' values become thresholds. */
const SAMPLE = Array.from({ length: 40 }, (_, i) =>
  [TERMS[i % TERMS.length], TERMS[(i * 7) % TERMS.length], "help", i % 3 ? "dm dm" : "the"].join(" "),
);
const FOREST = { trees: 25, depth: 6 };

/** Scores a range both ways; what they give must be the same to the byte. */
function scoredAlike(plan: ChunkPlan, bundle: ModelBundle, range: Buffer, origin = ORIGIN) {
  const classifier = createClassifier(bundle);
  const expected = new PlainScorer(plan, classifier).score(range, origin);
  const actual = ByteScorer.of(plan, bundle, classifier)!.score(range, origin);
  expect(actual.output.toString()).toBe(expected.output.toString());
  expect({ ...actual, output: Buffer.from(actual.output) }).toEqual(expected);
  return { ...actual, output: Buffer.from(actual.output) };
}

describe("the byte scorer", () => {
  it.each([
    { name: "the seed's features", features: {}, forest: FOREST },
    {
      name: "case kept, no stop words",
      features: { lowercase: false, stop_words: "none" as const },
      forest: FOREST,
    },
    {
      name: "sublinear counts, l1 norm",
      features: { sublinear_tf: true, norm: "l1" as const },
      forest: FOREST,
    },
    { name: "no norm", features: { norm: "none" as const, stop_words: ["help"] }, forest: FOREST },
    { name: "trees of more than 64 leaves", features: {}, forest: { trees: 5, depth: 9 } },
    { name: "four classes", features: {}, forest: { trees: 24, depth: 5, groups: 4 } },
    { name: "four classes, deep trees", features: {}, forest: { trees: 8, depth: 9, groups: 4 } },
  ])("writes the bytes of the plain way on hostile rows: $name", ({ features, forest }) => {
    const next = random(forest.depth);
    const bundle = withForest(exampleBundle(TERMS, features), SAMPLE, forest);
    const classifier = createClassifier(bundle);
    const passThrough = [{ name: "other", place: 2 }];
    for (const plan of [examplePlan(), examplePlan({ output: { passThrough } })]) {
      const fast = ByteScorer.of(plan, bundle, classifier)!;
      const plain = new PlainScorer(plan, classifier);
      for (let round = 0; round < 100; round++) {
        const range = hostileRange(next, 20);
        const expected = plain.score(range, ORIGIN);
        const actual = fast.score(range, ORIGIN);
        expect(actual.output.toString()).toBe(expected.output.toString());
        expect({ ...actual, output: Buffer.from(actual.output) }).toEqual(expected);
      }
    }
  });

  it.each([
    { name: "two classes", features: {}, groups: 1, scale: 1 },
    {
      name: "sublinear counts, l1 norm",
      features: { sublinear_tf: true, norm: "l1" as const },
      groups: 1,
      scale: 1,
    },
    { name: "no norm, seven classes", features: { norm: "none" as const }, groups: 7, scale: 1 },
    { name: "margins that float32 holds no probability of", features: {}, groups: 3, scale: 200 },
  ])("writes the bytes of the plain way by a linear model: $name", ({ features, groups, scale }) => {
    const next = random(groups);
    const bundle = withWeights(exampleBundle(TERMS, features), groups, scale);
    for (let round = 0; round < 100; round++) scoredAlike(examplePlan(), bundle, hostileRange(next, 20));
  });

  it.each([[["text", "other"]], [["other", "text"]], [["other", "id", "text"]]])(
    "joins the columns of a text as the plain way does: %j",
    (names) => {
      const places: Record<string, number> = { id: 0, text: 1, other: 2 };
      const [text, ...moreTexts] = names.map((name) => ({ name, place: places[name]! }));
      const next = random(11);
      const bundle = withForest(exampleBundle(TERMS), SAMPLE, FOREST);
      const classifier = createClassifier(bundle);
      const others = [
        "\u3000",
        "\u00a0 ",
        "",
        '""',
        "NA",
        '"nan"',
        " ",
        "help the",
        "日本",
        '"a ""dm"", x"',
        "z",
      ];
      for (const missingValues of ["pandas", "empty"] as const) {
        const plan = examplePlan({ input: { text: text!, moreTexts, missingValues } });
        const fast = ByteScorer.of(plan, bundle, classifier)!;
        const plain = new PlainScorer(plan, classifier);
        for (let round = 0; round < 60; round++) {
          const lines = [hostileRange(next, 10)];
          for (const first of others)
            for (const second of others) lines.push(Buffer.from(`${round},${first},${second}\n`));
          const range = Buffer.concat(lines);
          const expected = plain.score(range, ORIGIN);
          const actual = fast.score(range, ORIGIN);
          expect(actual.output.toString()).toBe(expected.output.toString());
          expect({ ...actual, output: Buffer.from(actual.output) }).toEqual(expected);
        }
      }
    },
  );

  it("gives a text of two columns the answer of the joined text, and leaves out rows without either", () => {
    const bundle = withForest(exampleBundle(TERMS), SAMPLE, FOREST);
    const classifier = createClassifier(bundle);
    const input = { text: { name: "text", place: 1 }, moreTexts: [{ name: "other", place: 2 }] };
    const plan = examplePlan({ input: { ...input, missingValues: "pandas" as const } });
    const range = Buffer.from("1,help,dm dm\n2,NA,sorry\n3,the apple,\n4,,nan\n5,he,lp\n");
    const { output, rejected } = scoredAlike(plan, bundle, range);
    const texts = ["help\ndm dm", "\nsorry", "the apple\n", "he\nlp"];
    const probabilities = new Float64Array(2);
    const expected = texts.map((text) => {
      classifier.predict(text, probabilities);
      return probabilities[1]!.toFixed(9);
    });
    expect((parse(output) as string[][]).map((cells) => cells[3])).toEqual(expected);
    expect(rejected).toBe(1);
    const json = examplePlan({
      input: {
        ...input,
        missingValues: "pandas" as const,
        format: "ndjson",
        fields: 0,
        text: { name: "t", place: -1 },
        moreTexts: [{ name: "o", place: -1 }],
      },
    });
    const { id: _id, ...withoutId } = json.input;
    const rows = [
      ["help", "dm dm"],
      ["NA", "sorry"],
      ["the apple", null],
      [null, "nan"],
      ["he", "lp"],
    ];
    const lines = rows.map(([t, o]) => `${JSON.stringify({ t, o })}\n`).join("");
    const scored = new PlainScorer({ ...json, input: withoutId }, classifier).score(
      Buffer.from(lines),
      ORIGIN,
    );
    expect((parse(scored.output) as string[][]).map((cells) => cells[3])).toEqual(expected);
  });

  it("leaves out texts that pandas reads as missing, quoted or not, and keeps those that look alike", () => {
    const bundle = withForest(exampleBundle(TERMS), SAMPLE, { trees: 5, depth: 3 });
    const listed = [...PANDAS_MISSING.filter((value) => value !== ""), "nan", "null"];
    const alike = ["na", "N/A ", "nano", "#N/A2", "1", "-", "nÃ©"];
    const rows = [...listed, ...alike].flatMap((text, i) => [`${i},${text},z`, `${i},"${text}",z`]);
    const range = Buffer.from(`${rows.join("\n")}\n`);
    const { rows: kept, rejected } = scoredAlike(
      examplePlan({ input: { missingValues: "pandas" } }),
      bundle,
      range,
    );
    expect({ kept, rejected }).toEqual({ kept: 2 * alike.length, rejected: 2 * listed.length });
    const asWritten = scoredAlike(examplePlan({ input: { missingValues: "empty" } }), bundle, range);
    expect(asWritten.rejected).toBe(0);
  });

  it("distinguishes every leaf of a tree", () => {
    const bundle = withForest(exampleBundle(TERMS), SAMPLE, { trees: 40, depth: 6 });
    const rows = SAMPLE.map((text, i) => `${i},${text},\n`).join("");
    const { output } = scoredAlike(examplePlan(), bundle, Buffer.from(rows));
    const probabilities = (parse(output) as string[][]).map((cells) => cells[2]);
    expect(new Set(probabilities).size).toBeGreaterThan(SAMPLE.length / 2);
  });

  it("keeps words apart that are alike at both ends", () => {
    const inside = [
      "abcdefgh-ijklmnop",
      "abcdefgh1ijklmnop",
      "abcdefgh2ijklmnop",
      "abcdefgh22ijklmnop",
      "abcdefgh",
    ];
    const terms = [...inside.slice(1), "abcdefghi", "ijklmnop"].sort();
    const bundle = withForest(exampleBundle(terms, { stop_words: "none" }), terms, { trees: 30, depth: 4 });
    const texts = [...terms, ...inside, "abcdefgh3ijklmnop", "abcdefghj", "abcdefg", "bcdefgh"];
    scoredAlike(examplePlan(), bundle, Buffer.from(texts.map((text, i) => `${i},${text},\n`).join("")));
  });

  it("scores texts of any length, with any number of different words and repetitions", () => {
    const terms = Array.from({ length: 700 }, (_, i) => `w${i}`).sort();
    const bundle = exampleBundle(terms, { sublinear_tf: true });
    const texts = [
      terms.join(" "),
      "w1 ".repeat(300),
      "w1 ".repeat(255),
      `${"x".repeat(900_000)} w2`,
      `${"É".repeat(200_000)} w3`,
      ...Array.from({ length: 140 }, (_, i) => `${"-".repeat(i)}w${i}`),
    ];
    const model = withForest(bundle, texts, { trees: 30, depth: 6 });
    scoredAlike(examplePlan(), model, Buffer.from(texts.map((text, i) => `${i},${text},\n`).join("")));
  });

  it("reads CRLF, TSV and a last line without an end", () => {
    const bundle = withForest(exampleBundle(TERMS), SAMPLE, FOREST);
    const crlf = Buffer.from('1,help,a\r\n\r\n2,"dm, ""sorry""","b"\r\n3,apple,\r\n4,help dm,c\r');
    const passThrough = [{ name: "other", place: 2 }];
    expect(scoredAlike(examplePlan({ output: { passThrough } }), bundle, crlf).rows).toBe(4);
    const tsv = examplePlan({ input: { format: "tsv" }, output: { format: "tsv", passThrough } });
    expect(scoredAlike(tsv, bundle, Buffer.from('1\thelp, dm\t"a\tb"\n2\tsorry\tc')).rows).toBe(2);
  });

  it("makes room for outputs larger than their input, and for ranges of any size", () => {
    const bundle = withForest(exampleBundle(TERMS), SAMPLE, FOREST);
    const passThrough = Array.from({ length: 40 }, () => ({ name: "other", place: 2 }));
    const plan = examplePlan({ output: { passThrough } });
    const classifier = createClassifier(bundle);
    const fast = ByteScorer.of(plan, bundle, classifier)!;
    const plain = new PlainScorer(plan, classifier);
    for (const [rows, bytes] of [
      [3, 10],
      [20_000, 40],
      [5, 100_000],
      [1, 1],
    ]) {
      const row = `7,help dm,${"x".repeat(bytes!)}\n`;
      const range = Buffer.from(row.repeat(rows!));
      expect(fast.score(range, ORIGIN).output.equals(plain.score(range, ORIGIN).output)).toBe(true);
    }
  });

  it("numbers rows from the first one if there is no id, rejected ones included", () => {
    const { id, ...input } = examplePlan().input;
    expect(id).toBeDefined();
    const plan = { ...examplePlan(), input };
    const bundle = withForest(exampleBundle(TERMS), SAMPLE, FOREST);
    const range = Buffer.from("x,help,\nx,,\nx,too,many,fields\nx,dm,\n");
    const scored = scoredAlike(plan, bundle, range, { firstLine: 102, firstRow: 100 });
    expect(parse(scored.output).map((cells: string[]) => cells[0])).toEqual(["101", "104"]);
    expect(scored.rejectedLines.toString()).toBe("103,no text\n104,wrong number of fields\n");
    expect(scored).toMatchObject({ rows: 2, rejected: 2, invalidUtf8: 0 });
    const far = scoredAlike(plan, bundle, range, { firstLine: 1, firstRow: 9_999_999_999 });
    expect(parse(far.output).map((cells: string[]) => cells[0])).toEqual(["10000000000", "10000000003"]);
  });

  it("leaves to strings what bytes cannot do", () => {
    const bundle = exampleBundle(TERMS);
    const classifier = createClassifier(bundle);
    for (const output of [{ explain: 3 }, { spreadsheetSafe: true }, { format: "ndjson" as const }]) {
      expect(ByteScorer.of(examplePlan({ output }), bundle, classifier)).toBeUndefined();
    }
    const pattern = exampleBundle(TERMS, { token_pattern: "[a-z]+" });
    expect(ByteScorer.of(examplePlan(), pattern, classifier)).toBeUndefined();
  });
});

const real = realDataPath === undefined ? undefined : readFileSync(realDataPath);

itWithRealData("real tweets come out the same by bytes, by strings and by csv-parse", () => {
  const words = ["dm", "hi", "is", "please", "sorry", "thanks", "us", "you"];
  const sample = words.map((word, i) => `${word} ${words[(i * 3) % words.length]}`);
  const bundle = withForest(exampleBundle(words, { stop_words: "none" }), sample, FOREST);
  const classifier = createClassifier(bundle);
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
