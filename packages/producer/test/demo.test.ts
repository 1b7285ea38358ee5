import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DemoResults } from "@colaml/producer/demo/demo-results";
import { clientFor } from "../../shared/test/mlflow/example-publication";

const MAIN = resolve(__dirname, "../dist/cola.js");
const folder = mkdtempSync(join(tmpdir(), "cola-demo-"));
const env = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  COLAML_STATE_DIR: join(folder, "state"),
  COLAML_REDIS_PREFIX: `{demo-${process.pid}}`,
  COLAML_LOG_FILE: "",
  MLFLOW_EXPERIMENT_NAME: `demo-${process.pid}`,
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function demo(args: string[], more: Record<string, string> = {}) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = spawn(process.execPath, [MAIN, "demo", ...args], { cwd: folder, env: { ...env, ...more } });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.once("close", (code) => done({ code, stdout, stderr }));
  });
}
async function results(args: string[], more: Record<string, string> = {}): Promise<DemoResults> {
  const { code, stdout, stderr } = await demo([...args, "--json"], more);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as DemoResults;
}

/** Three classes that a word gives away, columns of other names, no id column. */
const reviews = join(folder, "reviews.csv");
const OWN = ["--data", reviews, "--text-column", "body", "--label-column", "stars"];
beforeAll(() => {
  const words = ["awful", "fine", "great"];
  const rows = Array.from({ length: 900 }, (_, i) => `${(i % 3) + 1},a ${words[i % 3]} day number ${i % 50}`);
  writeFileSync(reviews, ["stars,body", ...rows, ""].join("\n"));
});

test("the demo, then the demo on a file with other classes and columns, then one whose model is rejected", async () => {
  // Settings for a person's own files and model leave the generated ones alone.
  const first = await results([], { COLAML_TEXT_COLUMN: "body", COLAML_MODEL: "mine" });
  expect(first.train).toMatchObject({ model: "demo", promoted: true, decision: "PROMOTE" });
  const trained = first.train.modelVersion!;
  expect([first.predict.modelVersion, first.monitor.modelVersion]).toEqual([trained, trained]);
  expect(first.monitor).toMatchObject({ verdict: "pass", ok: true });

  const second = await results(OWN);
  expect(second.train).toMatchObject({ model: "demo", promoted: false, championVersion: trained });
  const { modelVersion } = second.train;
  expect(modelVersion).not.toBe(trained);
  expect([second.predict.modelVersion, second.monitor.modelVersion]).toEqual([modelVersion, modelVersion]);
  expect(second.monitor).toMatchObject({ rows: 900, n: 900, ok: true });
  expect(second.train.metrics.test.accuracy_score).toBeGreaterThan(0.9);
  const [header, row] = readFileSync(second.files.output, "utf8").split("\n");
  expect(header).toBe("id,label,probability_1,probability_2,probability_3,model_version");
  expect(row).toMatch(new RegExp(`^1,1,0\\.\\d+,0\\.\\d+,0\\.\\d+,${modelVersion}$`));

  const { code, stdout } = await demo(OWN, { COLAML_CHAMPION_THRESHOLD: "0.999999" });
  expect(code).toBe(0);
  expect(stdout).toMatch(/demo version \d+: (held|rejected), version \d+ stays champion - (HOLD|REJECT): /);
  expect(stdout).toContain("all that follows is with this very version");
  expect(stdout).toMatch(/ accuracy +\d\.\d{4}/);
  expect(stdout).toMatch(/900 rows with version \d+/);
  await expect(clientFor(env.MLFLOW_TRACKING_URI).registry.versions("mine")).resolves.toEqual([]);
});

test("flags about a person's own file need that file", async () => {
  const { code, stderr } = await demo(["--text-column", "body"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("name it with --data FILE")]);
});
