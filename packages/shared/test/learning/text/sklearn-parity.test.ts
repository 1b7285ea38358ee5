import { featureParts } from "@colaml/shared/learning/text/feature-parts";
import { ENGLISH_STOP_WORDS } from "@colaml/shared/learning/text/stop-words";
import { createTfidfTransform, TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import { VocabularyBuilder } from "@colaml/shared/learning/text/vocabulary";
import { isWordCodePoint } from "@colaml/shared/learning/text/word-characters";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/settings/features-settings";
import words from "../../fixtures/python-words.json";
import fixture from "../../fixtures/sklearn-tfidf.json";

const cases = Object.entries(fixture.cases).map(([name, expected]) => ({
  name,
  expected,
  features: featuresSchema.parse(expected.settings),
}));

function fit(features: TfidfSettings) {
  const builder = new VocabularyBuilder(featureParts(features)[0]!);
  for (const text of fixture.texts) builder.add(text);
  return builder.build();
}

/** Largest difference of two lists of equal length. */
function largestGap(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((gap, value, i) => Math.max(gap, Math.abs(value - actual[i]!)), 0);
}

describe.each(cases)("TF-IDF with $name, against scikit-learn", ({ expected, features }) => {
  const vocabulary = fit(features);

  it("has the same terms in the same columns", () => {
    expect(vocabulary.terms).toEqual(expected.terms);
  });

  it("has the same idf", () => {
    const idf = expected.idf ?? expected.terms.map(() => 1);
    expect(largestGap(vocabulary.idf, idf)).toBeLessThan(1e-12);
  });

  it("has the same values, of known and of unseen texts", () => {
    const transform = createTfidfTransform({ features, ...vocabulary });
    const rows = [...fixture.texts, ...fixture.unseen].map(transform);
    expect(rows.map((row) => row.indices.length)).toEqual(
      expected.indptr.slice(1).map((end, row) => end - expected.indptr[row]!),
    );
    expect(rows.flatMap((row) => [...row.indices])).toEqual(expected.indices);
    expect(
      largestGap(
        rows.flatMap((row) => [...row.values]),
        expected.data,
      ),
    ).toBeLessThan(1e-9);
  });
});

describe("TF-IDF", () => {
  it("gives bytes the same rows as strings", () => {
    const features = featuresSchema.parse({ stop_words: "none" });
    const vocabulary = fit(features);
    const fromText = createTfidfTransform({ features, ...vocabulary });
    const fromBytes = new TfidfTransform({ features, ...vocabulary });
    for (const text of fixture.texts) {
      const bytes = Buffer.from(`..${text}..`, "utf8");
      fromBytes.transformBytes(bytes, 2, bytes.length - 2);
      const expected = fromText(text);
      expect([...fromBytes.indices.subarray(0, fromBytes.count)]).toEqual([...expected.indices]);
      expect([...fromBytes.values.subarray(0, fromBytes.count)]).toEqual([...expected.values]);
    }
  });

  it("has scikit-learn's 318 English stop words", () => {
    expect([...ENGLISH_STOP_WORDS].sort()).toEqual(fixture.stopWords);
    expect(ENGLISH_STOP_WORDS.size).toBe(318);
  });
});

describe("word characters", () => {
  it("are those of Python's \\w, but for what newer Unicode versions added", () => {
    const python = new Uint8Array(0x10000);
    let inside = 0;
    let edge = 0;
    for (let codePoint = 0; codePoint < python.length; codePoint++) {
      if (words.edges[edge] === codePoint) {
        inside = 1 - inside;
        edge++;
      }
      python[codePoint] = inside;
    }
    const lost: string[] = [];
    let added = 0;
    for (let codePoint = 0; codePoint < python.length; codePoint++) {
      if (isWordCodePoint(codePoint) === (python[codePoint] === 1)) continue;
      if (python[codePoint] === 1) lost.push(codePoint.toString(16));
      else added++;
    }
    expect(lost).toEqual([]);
    // Unicode 14 of Python 3.11 against 15 and later: a handful of letters in this range.
    expect(added).toBeLessThan(40);
  });
});
