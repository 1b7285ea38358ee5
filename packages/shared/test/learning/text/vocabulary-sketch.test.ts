import { fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { sketchVocabulary, VocabularySketch } from "@colaml/shared/learning/text/vocabulary-sketch";
import { featuresSchema } from "@colaml/shared/settings/features-settings";

const wordsOf = (counts: readonly (readonly [string, number])[]) =>
  counts.map(([word, documents]) => [Buffer.from(word), documents] as const);

describe("a sketch of a vocabulary", () => {
  // Zipf: word i is in 20,000 / (i + 1) of 50,000 documents.
  const counts = Array.from({ length: 30_000 }, (_, i) => [`word${i}`, Math.ceil(20_000 / (i + 1))] as const);
  const data = sketchVocabulary(wordsOf(counts), 50_000);
  const sketch = new VocabularySketch(data);

  it("never says too few documents", () => {
    for (const [word, documents] of counts)
      expect(sketch.documentsAtMost(word)).toBeGreaterThanOrEqual(documents);
  });

  it("says at most a tenth too many of nearly every frequent word", () => {
    const frequent = counts.slice(0, 500);
    const near = frequent.filter(
      ([word, documents]) => sketch.documentsAtMost(word) <= Math.ceil(1.1 * documents),
    );
    expect(near.length).toBeGreaterThan(490);
  });

  it("says of nearly every word that was not there that it was rare", () => {
    const strangers = Array.from({ length: 1_000 }, (_, i) => sketch.documentsAtMost(`stranger${i}`));
    // A word in 0.5% of the documents is one that may be named as new.
    expect(strangers.filter((documents) => documents < 250).length).toBeGreaterThan(995);
  });

  it("is at most 44 KB, and small for few words", () => {
    expect(data.buckets.length).toBeLessThanOrEqual(44_000);
    expect(sketchVocabulary(wordsOf([["hello", 9]]), 10).buckets.length).toBeLessThan(700);
  });

  it("knows nothing of words in fewer than five documents", () => {
    const few = new VocabularySketch(sketchVocabulary(wordsOf([["ana", 4]]), 1_000));
    const none = new VocabularySketch(sketchVocabulary([], 1_000));
    expect([few.documentsAtMost("ana"), none.documentsAtMost("ana")]).toEqual([4, 4]);
  });

  it("comes with a fitted vocabulary, of all words and not of the chosen ones only", async () => {
    const features = featuresSchema.parse({ stop_words: "none", max_features: 1 });
    const { terms, sketch: fitted } = await fitVocabulary(features, async (builder) => {
      for (let i = 0; i < 100; i++) builder.add(i % 2 === 0 ? "often often seldom Ñandú" : "often");
    });
    expect(terms).toEqual(["often"]);
    const found = new VocabularySketch(fitted!);
    expect(found.documents).toBe(100);
    for (const word of ["seldom", "ñandú"]) {
      expect(found.documentsAtMost(word)).toBeGreaterThanOrEqual(50);
      expect(found.documentsAtMost(word)).toBeLessThanOrEqual(55);
    }
    expect(found.documentsAtMost("never")).toBe(4);
  });
});
