import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { alertRulesSchema } from "@colaml/shared/contracts/alert-rules";

const root = resolve(__dirname, "../../../..");
const read = (path: string) => readFileSync(resolve(root, path), "utf8");
const documents = [
  "README.md",
  "README.es.md",
  ...readdirSync(resolve(root, "docs")).map((name) => `docs/${name}`),
];

describe("the examples", () => {
  it("hold alert rules that the monitor takes", () => {
    expect(alertRulesSchema.safeParse(JSON.parse(read("examples/alert-rules.json"))).error).toBeUndefined();
  });
});

describe("the documents", () => {
  it.each(documents.filter((name) => name.endsWith(".md")))("%s links to files that exist", (name) => {
    const links = [...read(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1]!);
    const missing = links.filter((link) => !existsSync(resolve(root, dirname(name), link)));
    expect(missing).toEqual([]);
  });

  it("README names only commands that there are, and every one of them", () => {
    const main = resolve(root, "packages/producer/dist/cli/main.js");
    const help = execFileSync(process.execPath, [main, "--help"], { encoding: "utf8" });
    const commands = [...help.matchAll(/^ {2}([a-z]+) /gm)]
      .map((match) => match[1]!)
      .filter((name) => name !== "help");
    const readme = read("README.md");
    const shown = [...readme.matchAll(/npm run cola -- ([a-z]+)/g)].map((match) => match[1]!);
    expect(commands.length).toBeGreaterThan(10);
    expect(shown.filter((name) => !commands.includes(name))).toEqual([]);
    expect(commands.filter((name) => !new RegExp(`cola -- ${name}|\`${name}\``).test(readme))).toEqual([]);
  });
});
