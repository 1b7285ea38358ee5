import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const MAIN = resolve(__dirname, "../../dist/main.js");
const folder = mkdtempSync(join(tmpdir(), "cola-service-"));
let child: ChildProcess;

afterAll(async () => {
  const ended = new Promise((settle) => child.once("close", settle));
  child.kill("SIGTERM");
  await ended;
  rmSync(folder, { recursive: true });
});

it("the API names a variable that is not a setting, and listens", async () => {
  child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: `{service-${process.pid}}`,
      COLAML_LOG_FILE: "",
      COLAML_PORT: "0",
      COLAML_API_TOKNE: "canary",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  await new Promise<void>((listening, failed) => {
    child.once("close", () => failed(new Error(`ended: ${output}`)));
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (bytes) => {
        output += String(bytes);
        if (output.includes("listening")) listening();
      });
    }
  });
  expect(output).toContain("COLAML_API_TOKNE is not a setting: did you mean COLAML_API_TOKEN?");
  expect(output).not.toContain("canary");
});
