import { NewWords } from "@colaml/monitor-worker/drift/new-words";
import { openRandom } from "@colaml/monitor-worker/statistics/random";
import { featureParts } from "@colaml/shared/learning/text/feature-parts";
import { createTokenizer } from "@colaml/shared/learning/text/tokenizer";
import { sketchVocabulary, VocabularySketch } from "@colaml/shared/learning/text/vocabulary-sketch";
import { featuresSchema } from "@colaml/shared/settings/features-settings";

const tokenise = createTokenizer(featureParts(featuresSchema.parse({}))[0]!);
const MODEL = new Set(["help", "thanks"]);

function newWordsOf(texts: Iterable<string>, known: Record<string, number>, designEffect = 1) {
  const words = new NewWords(tokenise);
  for (const text of texts)
    if (words.takesNext())
      words.add(
        text,
        tokenise(text).filter((word) => !MODEL.has(word)),
      );
  const frequencies = Object.entries(known).map(([word, count]) => [Buffer.from(word), count] as const);
  return words.found(new VocabularySketch(sketchVocabulary(frequencies, 1_000)), designEffect, 0.01);
}

const repeated = (n: number, text: (i: number) => string) => Array.from({ length: n }, (_, i) => text(i));

describe("new words", () => {
  it("are those that training knew from fewer texts, the most frequent first, with both shares", () => {
    const texts = repeated(1_000, (i) =>
      [i % 5 === 0 ? "elecciones" : "", i % 8 === 0 ? "Wahl" : "", i % 4 === 0 ? "usual" : "", "help"].join(
        " ",
      ),
    );
    expect(newWordsOf(texts, { usual: 240, wahl: 20 })).toEqual([
      { word: "elecciones", currentShare: 0.2, trainingShareAtMost: 0.004 },
      { word: "wahl", currentShare: 0.125, trainingShareAtMost: 0.02 },
    ]);
  });

  it("name no word of few texts, however much a text repeats it", () => {
    expect(
      newWordsOf(
        repeated(500, (i) => (i < 9 ? "maria maria maria" : "help")),
        {},
      ),
    ).toEqual([]);
    expect(
      newWordsOf(
        repeated(500, (i) => (i < 60 ? "maria" : "help")),
        {},
      ),
    ).toHaveLength(1);
  });

  it("name no handle, link, e-mail address or number, however many texts hold them", () => {
    const texts = repeated(500, (i) =>
      i % 2 === 0 ? "@AcmeHelp www.acme.example/refund ana@acme.example 600123456 ٠١٠١٢٣٤ strike" : "help",
    );
    expect(newWordsOf(texts, {}).map(({ word }) => word)).toEqual(["strike"]);
  });

  it("are none of words that chance may have brought", () => {
    const random = openRandom(7);
    const words = Array.from(
      { length: 300 },
      (_, i) => `w${String.fromCharCode(97 + (i % 26))}${"x".repeat(1 + i / 26)}`,
    );
    const text = () => words.filter(() => random() < 0.03).join(" ");
    let named = 0;
    for (let trial = 0; trial < 20; trial++) {
      const counts = new Map<string, number>();
      for (let row = 0; row < 1_000; row++)
        for (const word of tokenise(text())) counts.set(word, (counts.get(word) ?? 0) + 1);
      if (newWordsOf(repeated(500, text), Object.fromEntries(counts)).length > 0) named++;
    }
    // At a rate of 1% each, 3 of 20 would have a chance of 0.1%.
    expect(named).toBeLessThan(3);
  });

  it("are found in any number of texts with bounded work", () => {
    function* texts() {
      for (let i = 0; i < 150_000; i++) yield i % 20 === 0 ? `strike one${i} two${i}` : `three${i} four${i}`;
    }
    const [word] = newWordsOf(texts(), {});
    expect(word!.word).toBe("strike");
    expect(word!.currentShare).toBeCloseTo(0.05, 2);
  });
});
