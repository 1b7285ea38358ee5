import { predictTexts } from "@colaml/predictor-worker/predict/inline-texts";
import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { createExplain } from "@colaml/shared/learning/model/explain";
import type { TfidfSettings } from "@colaml/shared/settings/features-settings";
import { exampleBundle, examplePlan, withForest } from "./example-model";

const TERMS = ["2", "flight", "help", "k", "late", "the", "été", "ñandú", "日本"].sort();
/** Texts, and whether row `TfidfVectorizer(vocabulary=TERMS, stop_words="english", token_pattern=r"\b\w+\b")` is empty. */
const TEXTS: [text: string, isEmpty: boolean][] = [
  ["Please HELP me", false],
  ["por favor ayuda", true],
  ["el vuelo de ayer", true],
  ["the the THE", true],
  ["the flight", false],
  ["helpme helpful", true],
  ["help-me", false],
  ["ÑANDÚ", false],
  ["ñandu", true],
  ["日本語", true],
  ["日本", false],
  ["!!! ??? ...", true],
  ["2", false],
  ["22", true],
  ["late flight", false],
  ["flight late", false],
  ["\u212a", false],
  ["été", false],
  ["ÉTÉ", false],
];
const ORIGIN = { firstLine: 2, firstRow: 0 };

const modelOf = (terms: string[], features: Partial<TfidfSettings> = {}) =>
  withForest(exampleBundle(terms, features), ["help late", "flight", "the 2"], { trees: 20, depth: 4 });

/** Counts of every scorer that takes the plan: rows of which each is a text of its own. */
function counts(model: ReturnType<typeof modelOf>, texts: readonly string[], plan: ChunkPlan) {
  const classifier = createClassifier(model);
  const json = plan.input.format === "ndjson";
  const line = (text: string, id: number) =>
    json ? JSON.stringify({ id: `${id}`, text }) : `${id},${text},`;
  const range = Buffer.from(texts.map((text, i) => `${line(text, i)}\n`).join(""));
  const plain = new PlainScorer(plan, classifier, createExplain(model, classifier)).score(range, ORIGIN);
  const fast = ByteScorer.of(plan, model, classifier)?.score(range, ORIGIN);
  return [plain, ...(fast ? [fast] : [])].map(({ rows, withoutKnownWords }) => [rows, withoutKnownWords]);
}

const texts = TEXTS.map(([text]) => text);

describe("rows without a word that the model knows", () => {
  it("are those whose row scikit-learn leaves empty, by bytes and by strings", () => {
    expect(counts(modelOf(TERMS), texts, examplePlan())).toEqual([
      [19, 8],
      [19, 8],
    ]);
    // `the` is a stop word: without stop words its row is not empty
    expect(counts(modelOf(TERMS, { stop_words: "none" }), texts, examplePlan())).toEqual([
      [19, 7],
      [19, 7],
    ]);
    for (const [text, isEmpty] of TEXTS) {
      const own = isEmpty ? 1 : 0;
      expect({ text, counts: counts(modelOf(TERMS), [text], examplePlan()) }).toEqual({
        text,
        counts: [
          [1, own],
          [1, own],
        ],
      });
    }
  });

  it("are counted range by range, and a rejected record is none of them", () => {
    const model = modelOf(TERMS);
    const scorer = ByteScorer.of(examplePlan(), model, createClassifier(model))!;
    const ranges = [
      "1,nada,\n2,,\n3,help,\n",
      "1,too,many,fields\n",
      "1,help,\n",
      '1,"nada, ""Σ""",\n2,hola,\n',
    ];
    const scored = ranges.map((range) => scorer.score(Buffer.from(range), ORIGIN));
    expect(scored.map(({ withoutKnownWords }) => withoutKnownWords)).toEqual([1, 0, 0, 2]);
    expect(scored.map(({ rejectedByReason }) => rejectedByReason)).toEqual([
      { "no text": 1 },
      { "wrong number of fields": 1 },
      {},
      {},
    ]);
  });

  it("are counted with explanations, from NDJSON and with n-grams", () => {
    const model = modelOf(TERMS);
    expect(counts(model, texts, examplePlan({ output: { explain: 2 } }))).toEqual([[19, 8]]);
    const json = examplePlan({
      input: {
        format: "ndjson",
        fields: 0,
        text: { name: "text", place: -1 },
        id: { name: "id", place: -1 },
      },
      output: { format: "ndjson" },
    });
    expect(counts(model, texts, json)).toEqual([[19, 8]]);
    // TfidfVectorizer with ngram_range=(2, 2): one text has one of the two
    const bigrams = modelOf(["late flight", "please help"], { ngram_range: [2, 2] });
    expect(counts(bigrams, texts, examplePlan())).toEqual([
      [19, 18],
      [19, 18],
    ]);
    // and with (1, 2): stop words are left out before words are put together
    const both = modelOf(["hel", "late flight", "late the flight"], { ngram_range: [1, 2] });
    const few = ["late the flight", "the late", "late flight", "flight late", "hel", "help"];
    expect(counts(both, few, examplePlan())).toEqual([
      [6, 3],
      [6, 3],
    ]);
  });

  it("are marked among texts in a job, which warns above half of them", async () => {
    const bundle = modelOf(TERMS);
    const classifier = createClassifier(bundle);
    const pinned = { name: "m", version: "3", runId: "", source: "", manifestSha256: "" };
    const models = {
      resolve: async () => pinned,
      load: async () => ({ pinned, bundle, classifier }),
    };
    const job = { model: "models:/m/3", explain: 0 };
    const predict = (some: string[]) => predictTexts(some, job, models, () => new Date(0));
    const half = await predict(["hola", "help"]);
    expect(half.predictions!.map(({ withoutKnownWords }) => withoutKnownWords)).toEqual([true, undefined]);
    const { label } = half.predictions![0]!;
    expect(half).toMatchObject({ rejectedByReason: {}, withoutKnownWords: { rows: 1, label } });
    expect(half.warnings).toBeUndefined();
    const most = await predict(["hola", "adiós", "help"]);
    expect(most.predictions!.map((prediction) => prediction.label).slice(0, 2)).toEqual([label, label]);
    expect(most.warnings).toEqual([
      `rows without a single word that the model knows: 2 of 3; each gets the same answer (label ${label}): is it the right model, text column, language and encoding?`,
    ]);
  });
});
