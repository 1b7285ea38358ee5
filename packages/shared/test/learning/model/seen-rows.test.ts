import { FingerprintSet } from "@colaml/shared/learning/data/fingerprint-set";
import { TextFingerprint } from "@colaml/shared/learning/data/row-fingerprint";
import { HalfSipHash } from "@colaml/shared/learning/model/half-sip-hash";
import { parseSeenRows, type SeenRows, serialiseSeenRows } from "@colaml/shared/learning/model/seen-rows";

const of = (text: string) => {
  const bytes = Buffer.from(`..${text}..`);
  return new TextFingerprint().of(bytes, 2, bytes.length - 2);
};
const setOf = (texts: readonly string[]) => {
  const set = new FingerprintSet(texts.length);
  for (const text of texts) set.add(of(text));
  return set;
};
const opened = (file: Uint8Array, key?: string): SeenRows => {
  const filter = parseSeenRows(file, key);
  if ("unreadable" in filter) throw new Error(filter.unreadable);
  return filter;
};
const numbered = (n: number, what: string) => Array.from({ length: n }, (_, i) => `${what} number ${i}`);

describe("the fingerprint of a text", () => {
  it.each([
    ["HELLO World", "hello wORLD"],
    ["  thanks \n", "thanks"],
    ["", " \t"],
    ["Ñandú 😀", "Ñandú 😀"],
  ])("of %j is that of %j", (a, b) => {
    expect([of(a).high, of(a).low]).toEqual([of(b).high, of(b).low]);
  });

  it.each([
    ["thanks", "thank"],
    ["a b", "ab"],
    ["a", "a\0"],
    ["ñ", "Ñ"],
    ["😀", "😠"],
    ["abcdefgh", "efghabcd"],
  ])("of %j is another than that of %j", (a, b) => {
    expect([of(a).high, of(a).low]).not.toEqual([of(b).high, of(b).low]);
  });

  it("does not depend on where the text lies", () => {
    const bytes = Buffer.from("xyz the same text");
    const other = Buffer.from("the same text");
    const hash = new TextFingerprint();
    const words = () => [hash.high, hash.low];
    hash.of(bytes, 4, bytes.length);
    const first = words();
    hash.of(other, 0, other.length);
    expect(words()).toEqual(first);
  });

  it("is shared by none of 200,000 different texts", () => {
    expect(setOf(numbered(200_000, "text")).size).toBe(200_000);
  });
});

test("HalfSipHash gives the reference implementation's output", () => {
  // vectors_hsip64[8] of github.com/veorq/SipHash: key 00..07, input 00..07, output ed fe e8 20 bc e4 85 8c.
  const hash = new HalfSipHash([0x03020100, 0x07060504]).of(0x03020100, 0x07060504);
  expect([hash.low, hash.high]).toEqual([0x20e8feed, 0x8c85e4bc]);
});

describe("a model's filter of the rows it was trained on", () => {
  const known = numbered(20_000, "known");
  const file = serialiseSeenRows(setOf(known), "digest");

  it("knows every row it was made of, in ten bits per row", () => {
    const filter = opened(file);
    expect(filter.rows).toBe(20_000);
    expect(known.every((text) => filter.has(of(text)))).toBe(true);
    expect(file.length).toBe(25_000 + 48);
  });

  it("takes about 0.8% of other rows for known ones", () => {
    const filter = opened(file);
    const wrong = numbered(50_000, "other").filter((text) => filter.has(of(text))).length;
    // (1 - exp(-7/10))^7 = 0.00819: 410 of 50,000, standard deviation 20.
    expect(Math.abs(wrong - 410)).toBeLessThan(120);
  });

  it("is the same for the same rows in any order, and another for another salt or key", () => {
    const again = (salt: string, key?: string) =>
      Buffer.from(serialiseSeenRows(setOf([...known].reverse()), salt, key));
    expect(again("digest").equals(file)).toBe(true);
    expect(again("other").equals(file)).toBe(false);
    expect(again("digest", "key").equals(file)).toBe(false);
  });

  it("can be asked with its own key only", () => {
    const keyed = serialiseSeenRows(setOf(known), "digest", "secret");
    expect(opened(keyed, "secret").has(of(known[0]!))).toBe(true);
    expect(parseSeenRows(keyed, "another")).toEqual({ unreadable: expect.stringMatching(/another COLAML/) });
    expect(parseSeenRows(keyed)).toEqual({ unreadable: expect.stringMatching(/another COLAML/) });
  });

  it("is empty if there is no row", () => {
    expect(opened(serialiseSeenRows(new FingerprintSet(0), "digest")).has(of("a"))).toBe(false);
  });

  it.each([
    ["cut", (bytes: Buffer) => bytes.subarray(0, 1_000)],
    [
      "of a later version",
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 8), Buffer.of(2), bytes.subarray(9)]),
    ],
    ["something else", () => Buffer.from("no filter at all, though it is long enough for a header")],
  ])("is refused as damaged if it is %s", (_, damage) => {
    expect(() => parseSeenRows(damage(Buffer.from(file)))).toThrow(/seen_rows.bin is damaged/);
  });
});
