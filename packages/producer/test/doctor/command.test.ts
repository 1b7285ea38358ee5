import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Diagnosis } from "@colaml/producer/doctor/examine";
import { runCola } from "../cli/cola-process";

const folder = mkdtempSync(join(tmpdir(), "cola-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

const servers = {
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
  COLAML_REDIS_PREFIX: `{doctor-${process.pid}}`,
  COLAML_PORT: "0",
};

describe("cola doctor", () => {
  it("exits 0 if nothing is a problem", async () => {
    const done = await runCola(["doctor", "--json"], servers, folder);
    const diagnosis = JSON.parse(done.stdout) as Diagnosis;
    expect(diagnosis.findings.filter(({ state }) => state === "problem")).toEqual([]);
    expect(diagnosis.ok).toBe(true);
    expect(done.code).toBe(0);
  });

  it("exits 3 if something is, and says what mends it; --quiet leaves out what is ok", async () => {
    const away = { ...servers, REDIS_URL: "redis://u:hunter2@127.0.0.1:9" };
    const done = await runCola(["doctor", "--quiet"], away, folder);
    expect(done.code).toBe(3);
    expect(done.stdout).toMatch(/^problem {2}redis: .*127\.0\.0\.1:9.*\n +-> /m);
    expect(done.stdout).not.toMatch(/^ok /m);
    expect(done.stdout + done.stderr).not.toContain("hunter2");
  });

  it("without servers says what cola up would do, and starts and makes nothing", async () => {
    const done = await runCola(["doctor", "--json"], { COLAML_STATE_DIR: "state", COLAML_PORT: "0" }, folder);
    const { findings } = JSON.parse(done.stdout) as Diagnosis;
    for (const name of ["redis", "mlflow"]) {
      const [found] = findings.filter(({ check }) => check === name);
      expect(found).toMatchObject({ state: "ok", message: expect.stringContaining("`cola up`") });
    }
    expect(findings.map(({ check }) => check)).toContain("python");
    expect(readdirSync(folder)).toEqual([]);
  });
});
