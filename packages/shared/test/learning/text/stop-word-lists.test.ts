import { featureParts } from "@colaml/shared/learning/text/feature-parts";
import { keptStopWordsOf, stopWordsByLanguage } from "@colaml/shared/learning/text/stop-word-lists";
import { createTokenizer, createWordSplitter } from "@colaml/shared/learning/text/tokenizer";
import { featuresSchema, requestedFeaturesSchema } from "@colaml/shared/settings/features-settings";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { STOP_WORD_LANGUAGES, withStopWordsPath } from "@colaml/shared/settings/stop-word-settings";

const split = createWordSplitter({ lowercase: true, token_pattern: "\\b\\w+\\b", strip_accents: "none" });
const tokeniserWith = (stop_words: unknown) =>
  createTokenizer(featureParts(featuresSchema.parse({ stop_words }))[0]!);
const noFile = async (path: string): Promise<string> => {
  throw new Error(`no file is read, ${path} was`);
};
const file = (content: string) => async () => content;

describe("the stop words of a language", () => {
  it("are there for every language that the setting allows", () => {
    expect(Object.keys(stopWordsByLanguage()).sort()).toEqual([...STOP_WORD_LANGUAGES].sort());
    for (const code of STOP_WORD_LANGUAGES) {
      expect(requestedFeaturesSchema.parse({ stop_words: code }).stop_words).toBe(code);
      expect(resolveConfig({ flags: { "features.stopWords": code } }).features.stopWords).toBe(code);
    }
  });

  it("are kept as a list that a model may hold, and leave out the words of a text", async () => {
    const words = await keptStopWordsOf("es", split, noFile);
    expect(tokeniserWith(words)("Mi pedido no ha llegado y nadie contesta al teléfono")).toEqual([
      "pedido",
      "llegado",
      "contesta",
      "teléfono",
    ]);
  });

  it("are split as texts are: an elided article meets its parts", async () => {
    const words = await keptStopWordsOf("ca", split, noFile);
    expect(stopWordsByLanguage()["ca"]).toContain("d'una");
    expect(words).not.toContain("d'una");
    const tokens = tokeniserWith(words)("D'una factura");
    expect(tokens).toEqual(["factura"]);
  });

  it("fit into a model for every language", async () => {
    for (const code of STOP_WORD_LANGUAGES) {
      const stop_words = await keptStopWordsOf(code, split, noFile);
      expect(featuresSchema.safeParse({ stop_words }).success).toBe(true);
    }
  });
});

describe("other stop words", () => {
  it("mean what they did: english and none by name, a list as it is", async () => {
    expect(await keptStopWordsOf("english", split, noFile)).toBe("english");
    expect(await keptStopWordsOf("none", split, noFile)).toBe("none");
    expect(await keptStopWordsOf(["Late", "c'est"], split, noFile)).toEqual(["Late", "c'est"]);
  });

  it("come from a file with a word per line", async () => {
    const words = await keptStopWordsOf(
      "file:stop.txt",
      split,
      file("\ufeff# ours\nPedido\r\n\ne-mail\npedido\n"),
    );
    expect(words).toEqual(["e", "mail", "pedido"]);
    await expect(keptStopWordsOf("file:stop.txt", split, file("# nothing\n"))).rejects.toThrow(
      'stop_words "file:stop.txt" has 0 words',
    );
    await expect(keptStopWordsOf("file:x", split, file("x".repeat(300)))).rejects.toThrow(
      "the longest of 300",
    );
  });

  it("that no list is called so are refused, with those that are", () => {
    expect(() => resolveConfig({ env: { COLAML_STOP_WORDS: "xx" } })).toThrow(
      /COLAML_STOP_WORDS is "xx": allowed is english, none, the code of a language \(af ar /,
    );
    expect(requestedFeaturesSchema.safeParse({ stop_words: "file:" }).success).toBe(false);
    expect(featuresSchema.safeParse({ stop_words: "es" }).success).toBe(false);
  });

  it("have their path changed only if they have one", () => {
    expect(withStopWordsPath("file:stop.txt", (path) => `/data/${path}`)).toBe("file:/data/stop.txt");
    expect(withStopWordsPath("es", () => "x")).toBe("es");
    expect(withStopWordsPath(["file:x"], () => "x")).toEqual(["file:x"]);
  });
});
