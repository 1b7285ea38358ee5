import { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";
import { mostFrequentTerms } from "@colaml/shared/learning/text/most-frequent-terms";
import { sortTerms } from "@colaml/shared/learning/text/term-order";
import { termTableOf } from "@colaml/shared/learning/text/term-table";

/** Different strings of a few characters, so that many agree in their first bytes. */
function invented(n: number, alphabet: readonly string[], longest: number): string[] {
  const random = new MersenneTwister(11);
  const terms = new Set<string>();
  while (terms.size < n) {
    const length = 1 + random.nextUpTo(longest - 1);
    terms.add(Array.from({ length }, () => alphabet[random.nextUpTo(alphabet.length - 1)]!).join(""));
  }
  return [...terms];
}

function sorted(terms: readonly string[]): string[] {
  const table = termTableOf(terms);
  return Array.from(sortTerms(table, Uint32Array.from(terms.keys())), (id) => table.termOf(id));
}

const byBytes = (terms: readonly string[]) =>
  [...terms].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

describe("the order of terms", () => {
  it("is that of their bytes, in any script and length", () => {
    const terms = invented(5_000, ["a", "b", " ", "é", "ñ", "房", "间", "😀", "\u{10ffff}"], 9);
    expect(sorted(terms)).toEqual(byBytes(terms));
  });

  it("is that of their bytes for terms that agree in many, or are the start of another", () => {
    const long = "x".repeat(40);
    const terms = [
      ...invented(300, ["a", "b"], 12).map((end) => long + end),
      ...Array.from({ length: 40 }, (_, i) => "a".repeat(i + 1)),
    ];
    expect(sorted(terms)).toEqual(byBytes(terms));
  });

  it("tells a term from one with zero bytes behind it", () => {
    const terms = Array.from({ length: 40 }, (_, i) => `a${"\0".repeat((i * 7) % 40)}`);
    expect(sorted(terms)).toEqual(byBytes(terms));
  });

  it("decides which of equally frequent terms belong to the most frequent ones", () => {
    const terms = ["pear", "fig", "apple", "plum", "kiwi", "lime"];
    const table = termTableOf(terms);
    const counts = Uint32Array.from([2, 5, 2, 2, 1, 2]);
    const { chosen, least } = mostFrequentTerms(table, Uint32Array.from(terms.keys()), counts, 3);
    expect(Array.from(chosen, (id) => terms[id])).toEqual(["fig", "apple", "lime"]);
    expect(least).toBe(2);
  });
});
