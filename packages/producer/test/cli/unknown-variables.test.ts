import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCola } from "./cola-process";

const folder = mkdtempSync(join(tmpdir(), "cola-unknown-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a variable that is not a setting", () => {
  it("is named on stderr with the one that was meant; the command does its work", async () => {
    writeFileSync(join(folder, ".env"), "COLAML_DEPHT=4\nCOLAML_WINDOW=3\n");
    const { code, stdout, stderr } = await runCola(
      ["config", "--json"],
      { COLAML_MAX_FEATUERS: "9", COLAML_ELSEWHERE_IS_FAR: "1" },
      folder,
    );
    expect(code).toBe(0);
    expect(stderr.trimEnd().split("\n")).toEqual([
      "cola: warning: COLAML_MAX_FEATUERS is not a setting: did you mean COLAML_MAX_FEATURES?",
      "cola: warning: COLAML_ELSEWHERE_IS_FAR is not a setting: `cola config` lists them",
      "cola: warning: COLAML_DEPHT in .env is not a setting: did you mean COLAML_DEPTH?",
    ]);
    const settings = JSON.parse(stdout);
    expect(settings["features.maxFeatures"]).toMatchObject({ value: 100, source: "default" });
    expect(settings["predict.window"]).toMatchObject({ value: 3, source: ".env" });
  });
});
