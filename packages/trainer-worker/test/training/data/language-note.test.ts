import { languageNotes } from "@colaml/trainer-worker/training/data/language-note";

const SPANISH = { code: "es", shares: { own: 0.61, english: 0.04 } };

describe("the note on the language of the texts", () => {
  it("names the flag that leaves out their stop words, where English ones were left out", () => {
    expect(languageNotes(SPANISH, "english")).toEqual([
      'the texts look Spanish (es): 61% of the words are stop words of it, 4% English ones; the stop words left out are those of "english": --stop-words es leaves out those of the texts',
    ]);
    expect(languageNotes(SPANISH, "pt")[0]).toMatch(/those of "pt": --stop-words es/);
  });

  it("only says what they look like where no language was named, and nothing where it fits", () => {
    expect(languageNotes(SPANISH, "none")).toEqual(["the texts look Spanish (es)"]);
    expect(languageNotes(SPANISH, ["de"])).toEqual(["the texts look Spanish (es)"]);
    expect(languageNotes({ ...SPANISH, or: "gl" }, "none")).toEqual([
      "the texts look Spanish (es) or Galician (gl)",
    ]);
    expect(languageNotes(SPANISH, "es")).toEqual([]);
    expect(languageNotes({ code: "da", or: "no" }, "no")).toEqual([]);
    for (const stopWords of ["english", "none", "en"])
      expect(languageNotes({ code: "en" }, stopWords)).toEqual([]);
    expect(languageNotes(undefined, "english")).toEqual([]);
  });

  it("says that words are phrases where they stand without spaces", () => {
    expect(languageNotes({ code: "ja" }, "english")[0]).toMatch(
      /Japanese \(ja\), which is written without spaces/,
    );
  });
});
