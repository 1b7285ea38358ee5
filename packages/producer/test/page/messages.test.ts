import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { english } from "@colaml/producer/page/english";
import { languageOf } from "@colaml/producer/page/language";
import { spanish } from "@colaml/producer/page/spanish";
import { spanishErrors } from "@colaml/producer/page/spanish-errors";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";

describe("the texts of the page", () => {
  it("are all shown somewhere", () => {
    const folder = join(__dirname, "..", "..", "src", "page");
    const pages = readdirSync(folder)
      .filter((name) => !["english.ts", "spanish.ts"].includes(name))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
    const unused = Object.keys(english).filter(
      (key) => !new RegExp(`\\bt\\.${key}\\b|\\["${key}",`).test(pages),
    );
    expect(unused).toEqual([]);
  });

  it("are not empty in Spanish anywhere", () => {
    const empty = Object.entries(spanish).filter(([, text]) => text === "");
    expect(empty).toEqual([]);
  });
});

describe("an error in Spanish", () => {
  it("has a sentence for each code of the closed set, and no two the same", () => {
    expect(Object.keys(spanishErrors).sort()).toEqual(Object.keys(ERROR_TABLE).sort());
    expect(new Set(Object.values(spanishErrors)).size).toBe(Object.keys(ERROR_TABLE).length);
  });
});

describe("the language of a page", () => {
  it.each([
    [{ "accept-language": "es" }, "es"],
    [{ "accept-language": "es-MX,es;q=0.9,en;q=0.8" }, "es"],
    [{ "accept-language": "en-US,en;q=0.9,es;q=0.8" }, "en"],
    [{ "accept-language": "ca;q=0.9, es;q=0.5, en;q=0.7" }, "en"],
    [{ "accept-language": "es;q=0, de" }, "en"],
    [{ "accept-language": "constructor, __proto__" }, "en"],
    [{}, "en"],
    [{ cookie: "a=b; colaml_language=es", "accept-language": "en" }, "es"],
    [{ cookie: "colaml_language=xx", "accept-language": "es" }, "es"],
  ])("of %j is %s", (headers, language) => {
    expect(languageOf(headers)).toBe(language);
  });
});
