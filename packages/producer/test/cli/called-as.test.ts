import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asCalled, calledAs, NAMED_COMMANDS, pasteable } from "@colaml/producer/cli/called-as";
import { createProgram } from "@colaml/producer/cli/program";
import { addDemoCommand } from "@colaml/producer/demo/demo-command";

describe("how the command was called", () => {
  it("is `npm run cola --` in a checkout, `npx colaml` if npm fetched it, else `cola`", () => {
    expect(calledAs("/src/colaml/scripts/cola.mjs", {})).toBe("npm run cola --");
    expect(calledAs("/home/ana/.npm/_npx/1/node_modules/.bin/colaml", { npm_command: "exec" })).toBe(
      "npx colaml",
    );
    expect(calledAs("/usr/bin/cola", {})).toBe("cola");
    const asOwnScript = { npm_command: "run-script", npm_lifecycle_event: "nightly" };
    expect(calledAs("/app/node_modules/.bin/cola", asOwnScript)).toBe("cola");
  });

  it("names the file that npm was given, as npm takes it from any folder", () => {
    const top = mkdtempSync(join(tmpdir(), "npm cache "));
    const folder = join(top, "_npx/3f");
    const script = join(folder, "node_modules/.bin/cola");
    const fetched = (spec: string) => {
      writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { colaml: spec } }));
      return calledAs(script, { npm_command: "exec" });
    };
    mkdirSync(folder, { recursive: true });
    const file = "file:../../colaml-0.1.0.tgz";
    expect(fetched(file)).toBe(`npx --yes 'file:${join(top, "colaml-0.1.0.tgz")}'`);
    expect(asCalled("`cola up` shows it", fetched(file))).toBe(
      `\`npx --yes 'file:${join(top, "colaml-0.1.0.tgz")}' up\` shows it`,
    );
    expect(fetched("^0.1.0")).toBe("npx colaml");
    rmSync(top, { recursive: true });
  });

  it("is how messages name commands; for a program's reader npm is quiet", () => {
    const text = "stop it: `cola jobs cancel ID`, or `cola jobs --json`";
    expect(asCalled(text, "cola")).toBe(text);
    expect(asCalled(text, "npm run cola --")).toBe(
      "stop it: `npm run cola -- jobs cancel ID`, or `npm run -s cola -- jobs --json`",
    );
    expect(asCalled("  $ zcat a.gz | cola verify b --input -", "npx colaml")).toBe(
      "  $ zcat a.gz | npx colaml verify b --input -",
    );
  });

  it("does not touch what only looks like a command", () => {
    const text = "cola: coca-cola up and coca cola zero, /usr/bin/cola up";
    expect(asCalled(text, "npx colaml")).toBe(text);
  });

  it("knows every command that there is", () => {
    const names = createProgram([addDemoCommand]).commands.map((command) => command.name());
    expect(names.filter((name) => !(NAMED_COMMANDS as readonly string[]).includes(name))).toEqual([]);
  });
});

test("a path is printed as a shell takes it", () => {
  expect(pasteable("/data/out-1.csv")).toBe("/data/out-1.csv");
  expect(pasteable("/my data/it's.csv")).toBe(String.raw`'/my data/it'\''s.csv'`);
});
