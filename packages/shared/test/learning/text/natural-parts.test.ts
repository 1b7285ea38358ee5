import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ownRequire = createRequire(require.resolve("@colaml/shared/learning/text/tokenizer"));
const library = dirname(ownRequire.resolve("natural/lib/natural/index.js"));
/** The modules of a folder of natural, without the index that loads the left-out parts as well. */
const modulesIn = (folder: string) =>
  readdirSync(join(library, folder))
    .filter((name) => name.endsWith(".js") && name !== "index.js")
    .map((name) => join(library, folder, name));

describe("the parts of natural that pnpm-workspace.yaml keeps the dependencies of", () => {
  it.each(["tokenizers", "stemmers", "normalizers"])("load: every module of %s", (folder) => {
    const modules = modulesIn(folder);
    expect(modules.length).toBeGreaterThan(0);
    expect(modules.map((module) => typeof ownRequire(module))).not.toContain("undefined");
  });

  it("load: the stop words of every language", () => {
    const lists = modulesIn("util").filter((module) => /stopwords(_[a-z]+)?\.js$/.test(module));
    expect(lists.length).toBeGreaterThanOrEqual(14);
    for (const list of lists) expect(ownRequire(list).words.length).toBeGreaterThan(0);
  });

  // Porter, An algorithm for suffix stripping (1980), steps 1a, 1b and 2.
  it.each([
    ["caresses", "caress"],
    ["motoring", "motor"],
    ["relational", "relat"],
  ])("stem %s to %s", (word, stem) => {
    expect(ownRequire(join(library, "stemmers/porter_stemmer.js")).stem(word)).toBe(stem);
  });
});
