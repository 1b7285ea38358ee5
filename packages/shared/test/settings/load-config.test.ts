import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, readDotenv, settingWarnings } from "@colaml/shared/settings/load-config";

const folder = mkdtempSync(join(tmpdir(), "cola-dotenv-"));
const write = (text: string) => writeFileSync(join(folder, ".env"), text);
afterAll(() => rmSync(folder, { recursive: true }));

describe("readDotenv", () => {
  it("is empty if there is no file", () => {
    expect(readDotenv(join(folder, "nowhere"))).toEqual({});
  });

  it.each([
    ["a comment that is indented", "COLAML_DEPTH=4\n  # next\nCOLAML_WINDOW=3\n"],
    ["a byte order mark", "\ufeffCOLAML_DEPTH=4\nCOLAML_WINDOW=3\n"],
    ["CRLF", "COLAML_DEPTH=4\r\nCOLAML_WINDOW=3\r\n"],
    ["export, quotes and comments", "export COLAML_DEPTH=\"4\" # trees\nCOLAML_WINDOW='3'\n"],
    ["a tab before the value", "COLAML_DEPTH=\t4\nCOLAML_WINDOW=3\n"],
  ])("reads every line of a file with %s", (_what, text) => {
    write(text);
    expect(readDotenv(folder)).toEqual({ COLAML_DEPTH: "4", COLAML_WINDOW: "3" });
  });

  it("keeps patterns, braces and a single quote as they are", () => {
    write('COLAML_TOKEN_PATTERN=\\b\\w+\\b\nCOLAML_REDIS_PREFIX={colaml}\nCOLAML_QUOTE="');
    expect(readDotenv(folder)).toEqual({
      COLAML_TOKEN_PATTERN: "\\b\\w+\\b",
      COLAML_REDIS_PREFIX: "{colaml}",
      COLAML_QUOTE: '"',
    });
  });
});

it("loads what .env sets and names what is not a setting there", () => {
  write("COLAML_MAX_FEATURES=7\nCOLAML_MAX_FEATUERS=8\n");
  expect(loadConfig({}, folder).features.maxFeatures).toBe(7);
  expect(settingWarnings(folder)).toContain(
    "COLAML_MAX_FEATUERS in .env is not a setting: did you mean COLAML_MAX_FEATURES?",
  );
});
