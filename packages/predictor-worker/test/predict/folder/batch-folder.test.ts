import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchFolder } from "@colaml/predictor-worker/predict/folder/batch-folder";

const MODULE = require.resolve("@colaml/predictor-worker/predict/folder/batch-folder");

/** What cannot be read is a failure here. */
const refuse = (line: string) => {
  throw new Error(line);
};

let folder: string;
let output: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batch-folder-"));
  output = join(folder, "out.csv");
});
afterEach(() => rm(folder, { recursive: true }));

/** Claims the output in a process of its own, which is killed as soon as it calls `step`. */
function killedAt(step: "writeFile" | "rename", jobId: string): Promise<NodeJS.Signals | null> {
  const script = `
    require("node:fs/promises").${step} = () => process.kill(process.pid, "SIGKILL");
    const { BatchFolder } = require(${JSON.stringify(MODULE)});
    void new BatchFolder(${JSON.stringify(output)}).claim({ jobId: ${JSON.stringify(jobId)}, epoch: "1" });
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
  return new Promise((resolve) => child.once("close", (_code, signal) => resolve(signal)));
}

describe("the batch folder", () => {
  it.each(["writeFile", "rename"] as const)(
    "of a coordinator that was killed at %s leaves nothing once the same job claims the output",
    async (step) => {
      expect(await killedAt(step, "7")).toBe("SIGKILL");
      expect(await readdir(folder)).toHaveLength(1);
      const batch = new BatchFolder(output, refuse);
      expect(await batch.claim({ jobId: "7", epoch: "2" })).toBe(true);
      expect(await readdir(folder)).toEqual([".out.csv.colaml"]);
      expect(await readdir(batch.path)).toEqual(["owner.json"]);
      expect(await batch.readOwner()).toEqual({ jobId: "7", epoch: "2" });
    },
  );

  it("of a coordinator that was killed is left to its own job by another one", async () => {
    await killedAt("rename", "7");
    expect(await new BatchFolder(output, refuse).claim({ jobId: "8", epoch: "1" })).toBe(true);
    expect(await readdir(folder)).toHaveLength(2);
    const batch = new BatchFolder(output, refuse);
    expect(await batch.claim({ jobId: "7", epoch: "2" })).toBe(false);
    expect(await readdir(folder)).toEqual([".out.csv.colaml"]);
    expect(await batch.readOwner()).toEqual({ jobId: "8", epoch: "1" });
  });

  it("is claimed by one of two attempts at the same job that run at the same time", async () => {
    const claims = await Promise.all(
      ["a", "b", "c"].map((epoch) => new BatchFolder(output, refuse).claim({ jobId: "7", epoch })),
    );
    expect(claims.filter((claimed) => claimed)).toHaveLength(1);
    expect(await readdir(folder)).toEqual([".out.csv.colaml"]);
  });
});
