import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { formatVersionOf, type ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/settings/features-settings";
import { exampleBundle, examplePlan, random, withForest } from "./example-model";
import { hostileRange, PIECES } from "./hostile-rows";

const ORIGIN = { firstLine: 2, firstRow: 0 };

/** A forest over the features of texts that are made of the hostile rows' pieces. */
async function fitted(settings: Partial<TfidfSettings>): Promise<ModelBundle> {
  const features = featuresSchema.parse({ stop_words: "none", max_features: 300, ...settings });
  const next = random(11);
  const texts = Array.from({ length: 300 }, () =>
    Array.from({ length: 8 }, () => PIECES[Math.floor(next() * PIECES.length)]).join(next() < 0.5 ? " " : ""),
  );
  const { terms, idf, partSizes } = await fitVocabulary(features, async (counter) => {
    for (const text of texts) counter.add(text);
  });
  const example = exampleBundle(terms);
  const formatVersion = formatVersionOf({ features, ensemble: example.ensemble });
  const bundle = { ...example, formatVersion, features, idf, ...(partSizes && { partSizes }) };
  return withForest(bundle, texts, { trees: 60, depth: 6 });
}

function scoreBoth(bundle: ModelBundle, range: Buffer, fast?: ByteScorer) {
  const classifier = createClassifier(bundle);
  const expected = new PlainScorer(examplePlan(), classifier).score(range, ORIGIN);
  const actual = (fast ?? ByteScorer.of(examplePlan(), bundle, classifier)!).score(range, ORIGIN);
  expect(actual.output.toString()).toBe(expected.output.toString());
  expect({ ...actual, output: Buffer.from(actual.output) }).toEqual(expected);
  return { ...expected, output: Buffer.from(expected.output) };
}

describe("the byte scorer of n-grams", () => {
  it.each<Partial<TfidfSettings>>([
    { ngram_range: [1, 2] },
    { ngram_range: [2, 3], stop_words: ["help", "ñ", "2"], norm: "l1" },
    { strip_accents: "unicode" },
    { strip_accents: "ascii", ngram_range: [1, 2], lowercase: false },
    { analyzer: "char", ngram_range: [1, 3] },
    { analyzer: "char", ngram_range: [2, 4], strip_accents: "unicode" },
    { analyzer: "char_wb", ngram_range: [2, 5], sublinear_tf: true },
    { analyzer: "char_wb", ngram_range: [5, 5], lowercase: false },
    { analyzer: "char_wb", ngram_range: [1, 2], strip_accents: "ascii", norm: "none" },
    { analyzer: ["word", "char_wb"], ngram_range: [1, 2], char_max_features: 900, sublinear_tf: true },
    { analyzer: ["char", "char_wb", "word"], char_ngram_range: [2, 3], stop_words: "english" },
  ])("writes the bytes of the plain way on hostile rows: %j", async (settings) => {
    const bundle = await fitted(settings);
    const fast = ByteScorer.of(examplePlan(), bundle, createClassifier(bundle))!;
    const next = random(5);
    for (let round = 0; round < 30; round++) scoreBoth(bundle, hostileRange(next, 20), fast);
  });

  it.each<Partial<TfidfSettings>>([
    { analyzer: "char", ngram_range: [1, 3] },
    { analyzer: "char_wb", ngram_range: [2, 4] },
    { analyzer: ["word", "char_wb"], ngram_range: [1, 2] },
  ])("joins several columns as the plain way does: %j", async (settings) => {
    const bundle = await fitted(settings);
    const classifier = createClassifier(bundle);
    const input = { text: { name: "other", place: 2 }, moreTexts: [{ name: "text", place: 1 }] };
    const plan = examplePlan({ input: { ...input, missingValues: "pandas" } });
    const fast = ByteScorer.of(plan, bundle, classifier)!;
    const plain = new PlainScorer(plan, classifier);
    const next = random(5);
    const cells = ["", " ", "\u3000", '"a ""help"" "', "nan", "help  dm", "日本", "\ufeff", "x"];
    const mixed = cells.flatMap((first) => cells.map((second) => `1,${first},${second}\n`)).join("");
    for (let round = 0; round < 30; round++) {
      const range = Buffer.concat([hostileRange(next, 20), Buffer.from(mixed)]);
      const expected = plain.score(range, ORIGIN);
      const actual = fast.score(range, ORIGIN);
      expect(actual.output.toString()).toBe(expected.output.toString());
      expect({ ...actual, output: Buffer.from(actual.output) }).toEqual(expected);
    }
  });

  it("keeps words apart that its cache has or had, however many come", async () => {
    const bundle = await fitted({ analyzer: "char_wb", ngram_range: [1, 2], max_features: 3000 });
    const next = random(3);
    const word = () =>
      Array.from({ length: 3 + Math.floor(next() * 14) }, () => "helpdmsory日"[Math.floor(next() * 11)]).join(
        "",
      );
    const some = Array.from({ length: 50 }, word);
    const rows = Array.from({ length: 400 }, (_, i) => {
      const words = Array.from({ length: 120 }, (_, k) => (k % 4 === 0 ? some[(i * 7 + k) % 50] : word()));
      return `${i},${words.join(" ")},z\n`;
    });
    scoreBoth(bundle, Buffer.from(rows.join("")));
  });

  it("tells rows apart by characters, and reads doubled quotes as one", async () => {
    const bundle = await fitted({ analyzer: ["word", "char"], char_ngram_range: [1, 2] });
    const texts = ['help """"', 'help "" ""', "help  dm", "help dm", "日本", "本日", '""', "ñandú", "ñandu"];
    const range = Buffer.from(texts.map((text, i) => `${i},"${text}",z\n`).join(""));
    const lines = scoreBoth(bundle, range).output.toString().trim().split("\n");
    expect(new Set(lines.map((line) => line.split(",")[2])).size).toBeGreaterThan(3);
  });

  it("scores texts of any length, with any number of n-grams and repetitions", async () => {
    const bundle = await fitted({ analyzer: ["word", "char_wb"], ngram_range: [1, 3], sublinear_tf: true });
    const texts = [
      "help ".repeat(300),
      "a ".repeat(400_000),
      "x".repeat(900_000),
      "É".repeat(400_000),
      "日".repeat(300_000),
      "ñandú help ".repeat(20),
      ...Array.from({ length: 70 }, (_, i) => `${"-".repeat(i)}help`),
    ];
    scoreBoth(bundle, Buffer.from(texts.map((text, i) => `${i},${text},\n`).join("")));
  });
});
