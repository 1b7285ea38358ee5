import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { english } from "@colaml/producer/page/english";
import { progressLine } from "@colaml/producer/page/job-row";
import { LANGUAGES, languageOf } from "@colaml/producer/page/language";
import type { Reader } from "@colaml/producer/page/reader";
import { spanish } from "@colaml/producer/page/spanish";
import { spanishErrors } from "@colaml/producer/page/spanish-errors";
import type { JobView } from "@colaml/producer/submit/job-view";
import type { JobProgress } from "@colaml/shared/contracts/progress";
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

describe("the progress of a running job", () => {
  const line = (language: "en" | "es", progress: JobProgress) => {
    const reader = { language, t: LANGUAGES[language] } as Reader;
    return progressLine(reader, { progress } as JobView);
  };

  it("is in the language of the page", () => {
    const progress: JobProgress = { stage: "boost", done: 1_200, total: 5_000, unit: "iterations" };
    expect(line("en", progress)).toBe("boost 1,200 / 5,000 iterations");
    expect(line("es", progress)).toBe("entrenamiento 1200 / 5000 iteraciones");
  });

  it.each(["read", "fit", "transform", "boost", "evaluate", "trials", "publish", "score"])(
    "has a Spanish name for the stage %s",
    (stage) => expect(line("es", { stage })).not.toBe(stage),
  );

  it("keeps a stage as it is that another release names", () => {
    expect(line("es", { stage: "quantise" })).toBe("quantise");
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
