import { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";
import { CsrBuilder } from "@colaml/shared/learning/text/csr-matrix";
import { featureParts } from "@colaml/shared/learning/text/feature-parts";
import { type DocumentCounter, fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { inverseDocumentFrequency, VocabularyBuilder } from "@colaml/shared/learning/text/vocabulary";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/settings/features-settings";

const settings = (over: Partial<TfidfSettings>): TfidfSettings =>
  featuresSchema.parse({ stop_words: "none", ...over });

/** 40 words of falling frequency among words that come once, in a changing order. */
function documents(n: number, lateWord: boolean): string[] {
  const random = new MersenneTwister(7);
  return Array.from({ length: n }, (_, row) => {
    const words = Array.from({ length: 8 }, () => `w${Math.min(random.nextUpTo(40), random.nextUpTo(40))}`);
    for (let i = 0; i < 4; i++) words.push(`once${row}x${i}`);
    if (lateWord && row > n / 2) words.push("late", "late");
    return words.join(" ");
  });
}

function fitAll(features: TfidfSettings, texts: string[]) {
  const builder = new VocabularyBuilder(featureParts(features)[0]!);
  for (const text of texts) builder.add(text);
  return builder.build();
}

describe("a vocabulary", () => {
  it.each([false, true])(
    "is exact with fewer counters than distinct words, late word %s",
    async (lateWord) => {
      const texts = documents(2000, lateWord);
      const features = settings({ max_features: 30 });
      let passes = 0;
      const bounded = await fitVocabulary(
        features,
        async (builder) => {
          passes++;
          for (const text of texts) builder.add(text);
        },
        500,
      );
      expect(bounded).toMatchObject(fitAll(features, texts));
      expect(bounded.terms.includes("late")).toBe(lateWord);
      // A word that first comes when others were let go already is counted again from the start.
      expect(passes).toBe(lateWord ? 2 : 1);
    },
  );

  it("is refused if words that were let go might belong to it", async () => {
    const texts = documents(2000, false);
    const feed = async (counter: DocumentCounter) => {
      for (const text of texts) counter.add(text);
    };
    await expect(fitVocabulary(settings({ max_features: 1000 }), feed, 500)).rejects.toMatchObject({
      code: "INPUT_TOO_LARGE",
      message: expect.stringContaining("more than 500 distinct terms"),
    });
  });

  it("takes the first of equally frequent words in order of code points", () => {
    const { terms } = fitAll(settings({ max_features: 3 }), ["z 𐐀 ｚ b", "a"]);
    expect(terms).toEqual(["a", "b", "z"]);
    expect(fitAll(settings({}), ["𐐨 ｚ z"]).terms).toEqual(["z", "ｚ", "𐐨"]);
  });

  it.each([
    [settings({}), [""], "hold no words"],
    [settings({ stop_words: "english" }), ["the of"], "hold no words"],
    [settings({ min_df: 2 }), ["a b", "c", "d"], "lower min_df"],
    [settings({ min_df: 2, max_df: 0.1 }), ["a", "a"], "fewer documents"],
  ])("is refused without terms: case %#", (features, texts, message) => {
    expect(() => fitAll(features, texts)).toThrow(message);
  });

  it("weighs by smooth and by plain inverse document frequency", () => {
    expect(inverseDocumentFrequency([1, 3], 3, true)).toEqual(Float64Array.of(Math.log(2) + 1, 1));
    expect(inverseDocumentFrequency([1, 3], 3, false)).toEqual(Float64Array.of(Math.log(3) + 1, 1));
  });
});

describe("a CSR matrix", () => {
  it("grows row by row", () => {
    const builder = new CsrBuilder(4, 1, 1);
    builder.add([1, 3], [0.5, 2]);
    builder.add([], []);
    for (let row = 0; row < 100; row++) builder.add([0, 9], [row, 9], 1);
    const matrix = builder.build();
    expect({ rows: matrix.nRows, entries: matrix.data.length }).toEqual({ rows: 102, entries: 102 });
    expect([...matrix.indptr.slice(0, 4)]).toEqual([0, 2, 2, 3]);
    expect([...matrix.indices.slice(0, 2)]).toEqual([1, 3]);
    expect([...matrix.data.slice(0, 2)]).toEqual([0.5, 2]);
    expect(matrix.data[101]).toBe(99);
  });
});
