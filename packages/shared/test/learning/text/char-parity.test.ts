import { isWhiteSpace, preprocess } from "@colaml/shared/learning/text/character-meanings";
import { createTokenSpans } from "@colaml/shared/learning/text/create-token-spans";
import { type FeaturePart, featureParts } from "@colaml/shared/learning/text/feature-parts";
import { type DocumentCounter, fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import { createTokenizer } from "@colaml/shared/learning/text/tokenizer";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/settings/features-settings";
import fixture from "../../fixtures/sklearn-chars.json";

const { characters, texts, unseen } = fixture;
const cases = Object.entries(fixture.cases).map(([name, expected]) => ({
  name,
  expected,
  features: featuresSchema.parse(expected.settings),
}));

const fit = (features: TfidfSettings, maxTerms?: number) =>
  fitVocabulary(
    features,
    async (counter: DocumentCounter) => {
      for (const text of texts) counter.add(text);
    },
    maxTerms,
  );

/** Tokens of a text by bytes, which lie between others. */
function byteTokens(part: FeaturePart, text: string): string[] {
  const spans = createTokenSpans(part);
  const bytes = Buffer.from(`z ${text} z`);
  spans.tokenize(bytes, 2, bytes.length - 2);
  return Array.from({ length: spans.count }, (_, i) =>
    Buffer.from(spans.bytes.subarray(spans.starts[i], spans.ends[i])).toString(),
  ).sort();
}

/** Largest difference of two lists of equal length. */
function largestGap(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((gap, value, i) => Math.max(gap, Math.abs(value - actual[i]!)), 0);
}

describe.each(cases)("$name, against scikit-learn", ({ expected, features }) => {
  it("splits a text alike, by strings and by bytes", () => {
    const [first] = featureParts(features);
    expect(createTokenizer(first!)(texts[1]! + texts[9]!).sort()).toEqual([...expected.tokens].sort());
    for (const part of featureParts(features)) {
      const tokenize = createTokenizer(part);
      for (const text of [...texts, ...unseen]) expect(byteTokens(part, text)).toEqual(tokenize(text).sort());
    }
  });

  it("has the same terms and idf in the same columns, each part by itself", async () => {
    const { terms, idf, partSizes } = await fit(features);
    expect(terms).toEqual(expected.terms);
    expect(partSizes ?? [terms.length]).toEqual(expected.partSizes);
    expect(largestGap(idf, expected.idf)).toBeLessThan(1e-9);
  });

  it("has the same values, of known and of unseen texts", async () => {
    const transform = new TfidfTransform({ features, ...(await fit(features)) });
    const [indptr, indices, data] = [[0], [] as number[], [] as number[]];
    for (const text of [...texts, ...unseen]) {
      transform.transform(text);
      indices.push(...transform.indices.subarray(0, transform.count));
      data.push(...transform.values.subarray(0, transform.count));
      indptr.push(indices.length);
    }
    expect(indptr).toEqual(expected.indptr);
    expect(indices).toEqual(expected.indices);
    expect(largestGap(data, expected.data)).toBeLessThan(1e-8);
  });
});

describe("n-grams of characters", () => {
  it("are counted with bounded memory as without", async () => {
    const features = featuresSchema.parse({
      analyzer: ["word", "char_wb"],
      char_max_features: 12,
      max_features: 2,
    });
    const many = async (counter: DocumentCounter) => {
      for (let i = 0; i < 400; i++) counter.add(`late late flight x${i * 7919} ${texts[i % texts.length]}`);
    };
    const bounded = await fitVocabulary(features, many, 1500);
    expect({ ...bounded, sketch: undefined }).toEqual({
      ...(await fitVocabulary(features, many)),
      sketch: undefined,
    });
  });

  it("are named by a refusal if there are none", async () => {
    const features = featuresSchema.parse({ analyzer: "char", ngram_range: [2, 3] });
    await expect(fitVocabulary(features, async (counter) => counter.add("a"))).rejects.toMatchObject({
      code: "PARAMETER_INVALID",
      message: expect.stringContaining("no n-gram of 2 to 3 characters"),
    });
  });
});

describe("characters", () => {
  it("are white space if Python says so", () => {
    const spaces = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint).filter(isWhiteSpace);
    expect(spaces).toEqual(characters.spaces);
  });

  it("lose the accents that scikit-learn takes off", () => {
    const wrong = Object.entries(characters.accents).filter(([codePoint, both]) => {
      const text = String.fromCodePoint(Number(codePoint));
      const ours = (["unicode", "ascii"] as const).map((strip_accents) =>
        preprocess(text, { lowercase: false, strip_accents }),
      );
      return ours[0] !== both[0] || ours[1] !== both[1];
    });
    expect(wrong).toEqual([]);
  });

  it("are left out as combining if Python knows them as such", () => {
    const kept = characters.combining.filter(
      (codePoint) =>
        preprocess(String.fromCodePoint(codePoint), { lowercase: false, strip_accents: "unicode" }) !== "",
    );
    expect(kept).toEqual([]);
  });
});
