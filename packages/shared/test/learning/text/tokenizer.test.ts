import { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";
import { ByteTokenizer } from "@colaml/shared/learning/text/byte-tokenizer";
import { type FeaturePart, featureParts } from "@colaml/shared/learning/text/feature-parts";
import { createTokenizer } from "@colaml/shared/learning/text/tokenizer";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/settings/features-settings";

const settings = (over: Partial<TfidfSettings>): FeaturePart => featureParts(featuresSchema.parse(over))[0]!;

function bytesTokens(tokenizer: ByteTokenizer, bytes: Buffer): string[] {
  const margin = Buffer.from("zz");
  tokenizer.tokenize(Buffer.concat([margin, bytes, margin]), 2, 2 + bytes.length);
  return Array.from({ length: tokenizer.count }, (_, i) =>
    Buffer.from(tokenizer.bytes.subarray(tokenizer.starts[i], tokenizer.ends[i])).toString(),
  );
}

/** The rule itself as JavaScript's own regular expression states it. */
const byRule = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];

describe("the tokenizer", () => {
  it("lower-cases, leaves stop words out and joins n-grams of what remains", () => {
    const tokenize = createTokenizer(settings({ ngram_range: [1, 2] }));
    expect(tokenize("The flight to Lima was LATE")).toEqual([
      "flight",
      "lima",
      "late",
      "flight lima",
      "lima late",
    ]);
  });

  it("keeps the words of an object's prototype", () => {
    expect(createTokenizer(settings({}))("constructor __proto__ toString")).toEqual([
      "constructor",
      "__proto__",
      "tostring",
    ]);
  });

  it("splits at, or keeps, every code point as the rule says, on bytes as on strings", () => {
    const tokenizer = new ByteTokenizer(settings({ stop_words: "none" }));
    const tokenize = createTokenizer(settings({ stop_words: "none" }));
    const wrong: string[] = [];
    // Beyond the tags of plane 14 there are only private-use code points.
    for (let first = 0; first < 0xe0200; first += 256) {
      const unassigned = first >= 0x33500 && first < 0xe0000;
      if (unassigned || (first >= 0xd800 && first < 0xe000)) continue;
      let text = "";
      for (let i = 0; i < 256; i++)
        text += `Q${String.fromCodePoint(first + i)}Z${String.fromCodePoint(first + i)} `;
      const bytes = Buffer.from(text);
      tokenizer.tokenize(bytes, 0, bytes.length);
      // Tokens lie beside each other, a space behind each.
      const fromBytes = Buffer.from(
        tokenizer.bytes.subarray(0, tokenizer.ends[tokenizer.count - 1]),
      ).toString();
      const expected = byRule(text).join(" ");
      if (fromBytes !== expected || tokenize(text).join(" ") !== expected)
        wrong.push(`U+${first.toString(16)}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each([true, false])(
    "finds on bytes what it finds on strings, in random text, lowercase %s",
    (lowercase) => {
      const random = new MersenneTwister(1);
      const pieces = [
        "a",
        "B",
        "é",
        "É",
        "İ",
        "Σ",
        "ς",
        "日本",
        "😀",
        "\u0301",
        " ",
        ".",
        "_",
        "1",
        "١",
        "\ud800",
        "𐐀",
        "ß",
        "the",
      ];
      const features = settings({ lowercase, ngram_range: [1, 3], stop_words: ["the", "é"] });
      const tokenizer = new ByteTokenizer(features);
      const tokenize = createTokenizer(features);
      for (let round = 0; round < 2000; round++) {
        const text = Array.from(
          { length: random.nextUpTo(12) },
          () => pieces[random.nextUpTo(pieces.length - 1)],
        ).join("");
        // Bytes hold no lone surrogate: it is U+FFFD there, which separates words likewise.
        expect(bytesTokens(tokenizer, Buffer.from(text))).toEqual(tokenize(text));
      }
    },
  );

  it("takes any bytes for the text that UTF-8 decoding makes of them", () => {
    const random = new MersenneTwister(2);
    const tokenizer = new ByteTokenizer(settings({ stop_words: "none" }));
    const hard = [
      0x41, 0x20, 0xc3, 0xa9, 0xe2, 0x80, 0x99, 0xf0, 0x9f, 0x98, 0x80, 0xc0, 0xaf, 0xed, 0xa0, 0xff, 0xe0,
      0x9f,
    ];
    for (let round = 0; round < 5000; round++) {
      const bytes = Buffer.from(
        Array.from({ length: random.nextUpTo(9) }, () => hard[random.nextUpTo(hard.length - 1)]!),
      );
      expect({ bytes, tokens: bytesTokens(tokenizer, bytes) }).toEqual({
        bytes,
        tokens: byRule(bytes.toString()),
      });
    }
  });

  it("takes texts of any length", () => {
    const tokenizer = new ByteTokenizer(settings({ stop_words: "none", ngram_range: [1, 2] }));
    const long = "é".repeat(300_000);
    tokenizer.tokenizeText(long);
    expect(tokenizer.count).toBe(1);
    tokenizer.tokenizeText("a ".repeat(100_000));
    expect(tokenizer.count).toBe(199_999);
    tokenizer.tokenizeText("");
    expect(tokenizer.count).toBe(0);
  });
});

describe("a token pattern", () => {
  it.each([
    ["scikit-learn's own", "(?u)\\b\\w\\w+\\b", "I ñu a1 x", ["ñu", "a1"]],
    ["a class with an escape", "[\\w'-]+", "don't re-do é", ["don't", "re-do", "é"]],
    ["a group", "#(\\w+)", "#late #é x", ["late", "é"]],
    ["a named group", "#(?P<tag>\\w+)", "#late", ["late"]],
    ["Unicode digits", "\\d+", "12 ١٢ ½", ["12", "١٢"]],
    ["no border inside a word", "\\Ba\\B", "banana a", ["a", "a"]],
    ["a bracket first in a class", "[]a]+", "a]b", ["a]"]],
    ["a class negated within a class", "[\\W_]+", "a_-b", ["_-"]],
    ["an ignored case", "(?i)ab+", "abB", ["abb"]],
  ])("is read as Python reads it: %s", (_what, token_pattern, text, tokens) => {
    expect(createTokenizer(settings({ token_pattern, stop_words: "none" }))(text)).toEqual(tokens);
  });
});
