import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import { bundleFromFiles, bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import { missingOf } from "@colaml/shared/learning/model/reference-profile";
import { featureParts } from "@colaml/shared/learning/text/feature-parts";
import { createTokenizer } from "@colaml/shared/learning/text/tokenizer";
import { runArtifacts } from "@colaml/trainer-worker/publication/run-artifacts";
import { createTextScorer } from "@colaml/trainer-worker/scoring/text-scorer";
import { trainModel } from "@colaml/trainer-worker/training/training";

const ENDINGS = ["ando", "endo", "iendo", "ación", "ciones"];
/** Stems that no two rows share: only endings tell the classes apart. */
const texts = Array.from({ length: 400 }, (_, i) => {
  const stem = (i * 7919).toString(36).replace(/\d/g, "q");
  return `Ahora ${stem}${ENDINGS[i % ENDINGS.length]} 👍`;
});
const isVerb = (i: number) => i % ENDINGS.length < 3;

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), "characters-")), "rows.csv");
  await writeFile(path, ["text,inbound", ...texts.map((text, i) => `${text},${isVerb(i)}`), ""].join("\n"));
});
afterAll(() => rm(join(path, ".."), { recursive: true }));

const train = (features: object) =>
  trainModel(trainJobSchema.parse({ dataset: { path }, features, boosting: { iterations: 10 } }), {
    progress: () => undefined,
    signal: new AbortController().signal,
    maxMemoryMb: 500,
  });

describe("a training", () => {
  it("learns endings from characters beside words, and profiles the words", async () => {
    const { bundle, metrics, profile, plan } = await train({
      analyzer: ["char_wb", "word"],
      char_ngram_range: [2, 3],
      char_max_features: 300,
    });
    expect(metrics.test.accuracy_score).toBe(1);
    expect((await train({})).metrics.test.accuracy_score).toBeLessThan(0.8);
    expect(bundle).toMatchObject({ formatVersion: 2, partSizes: [300, 100] });
    expect(profile.terms.words[0]).toBe("ahora");
    expect(profile.terms.words.every((word) => bundle.terms.slice(300).includes(word))).toBe(true);
    expect(profile.terms.documentFrequency[0]).toBe(profile.rows);
    // Each held-out row has two words.
    expect(profile.tokens).toMatchObject({ all: 2 * profile.rows });
    expect(profile.vocabulary?.documents).toBe(plan.rows.train);
    const scorer = createTextScorer(bundleFromFiles(bundleToFiles(bundle)));
    expect(scorer.score("nunca visto: zzzando")[1]).toBeGreaterThan(0.5);
    expect(scorer.score("nunca visto: zzzación")[1]).toBeLessThan(0.5);
  });

  it("of characters only profiles their n-grams, has no sketch of words and misses none", async () => {
    const trained = await train({ analyzer: "char", ngram_range: [2, 3], max_features: 250 });
    const { bundle, profile } = trained;
    expect(profile.terms.analyzer).toBe("char");
    expect(profile.vocabulary).toBeUndefined();
    expect(missingOf(profile)).toBeUndefined();
    const [part] = featureParts(bundle.features);
    const all = texts.flatMap((text) => createTokenizer(part!)(text));
    expect(profile.terms.words.every((term) => all.includes(term))).toBe(true);
    const importance = JSON.parse(
      Buffer.from(runArtifacts(trained).get("feature_importance.json")!).toString(),
    );
    expect(JSON.stringify(importance)).toContain('char\\"');
  });
});
