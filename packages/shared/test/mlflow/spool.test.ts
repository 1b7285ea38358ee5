import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { jobKeyOf } from "@colaml/shared/contracts/job-key";
import { Spool, type Spooled } from "@colaml/shared/mlflow/spool";

interface Publication extends Spooled {
  summary: { seconds: number };
}
interface Result {
  runId: string;
}

let folder: string;
let spool: Spool<Publication, Result>;
let reported: string[];
beforeEach(async () => {
  reported = [];
  folder = await mkdtemp(join(tmpdir(), "spool-"));
  spool = new Spool(join(folder, "spool"), (line) => reported.push(line));
});
afterEach(() => rm(folder, { recursive: true }));

function publication(jobId: string, endTime: number): Publication {
  return {
    v: 1,
    jobKey: jobKeyOf(jobId, 5),
    record: {
      publishId: `publish-${jobId}`,
      experiment: "e",
      runName: "r",
      startTime: endTime - 10,
      endTime,
      params: [{ key: "depth", value: "6" }],
      metrics: [{ key: "m", value: 0.1 + 0.2, step: 3, timestamp: 7 }],
      tags: [],
      datasets: [],
      artifacts: new Map([["plots/a.svg", Buffer.from("<svg/>")]]),
    },
    model: {
      name: "m",
      classes: ["False", "True"],
      textColumn: "text",
      inputExample: "x",
      files: new Map([["bundle.json", Uint8Array.of(0, 255, 10)]]),
      versionTags: [],
    },
    summary: { seconds: 1.5 },
  };
}

const result: Result = { runId: "r" };

describe("the spool", () => {
  it("gives back what was put on it, files to the last byte", async () => {
    const kept = publication("a", 1);
    await spool.put(kept);
    const [name] = await spool.list();
    const read = await spool.read(name!);
    expect({ ...read, record: { ...read.record, artifacts: undefined }, model: undefined }).toEqual({
      ...kept,
      record: { ...kept.record, artifacts: undefined },
      model: undefined,
    });
    expect(Buffer.from(read.record.artifacts.get("plots/a.svg")!).toString()).toBe("<svg/>");
    expect([...read.model!.files.get("bundle.json")!]).toEqual([0, 255, 10]);
  });

  it("lists the oldest first, and nothing half-written", async () => {
    for (const [jobId, endTime] of [
      ["late", 2_000],
      ["early", 999],
      ["middle", 1_500],
    ] as const)
      await spool.put(publication(jobId, endTime));
    await mkdir(join(spool.folder, ".new-broken-off"));
    const names = await spool.list();
    const ids = await Promise.all(names.map(async (name) => (await spool.read(name)).record.publishId));
    expect(ids).toEqual(["publish-early", "publish-middle", "publish-late"]);
    expect(await spool.nameOfJob(jobKeyOf("middle", 5))).toBe(names[1]);
  });

  it("counts a result that cannot be read as none, keeps it aside and says so", async () => {
    await spool.put(publication("job", 10));
    const [name] = await spool.list();
    await spool.complete(name!, await spool.read(name!), { runId: "r1" });
    const { jobKey } = publication("job", 10);
    expect(await spool.resultOf(jobKey)).toEqual({ runId: "r1" });
    await writeFile(join(spool.folder, "results", `${jobKey}.json`), "");
    expect(await spool.resultOf(jobKey)).toBeUndefined();
    expect(reported).toEqual([expect.stringMatching(/cannot be read .*unreadable/)]);
  });

  it("is empty if there is no folder yet", async () => {
    expect(await spool.list()).toEqual([]);
    expect(await spool.resultOf(jobKeyOf("a", 5))).toBeUndefined();
  });

  it("knows the result of what it has dropped", async () => {
    const kept = publication("a", 1);
    await spool.put(kept);
    await spool.complete((await spool.list())[0]!, kept, result);
    expect(await spool.list()).toEqual([]);
    expect(await spool.resultOf(kept.jobKey)).toEqual(result);
    expect(await spool.resultOf(jobKeyOf("a", 6))).toBeUndefined();
  });

  it("is left without half an entry by a process that is killed while it drops one", async () => {
    await spool.put(publication("a", 1));
    const [name] = await spool.list();
    // So that there is time to kill it.
    for (let i = 0; i < 3_000; i++) writeFileSync(join(spool.folder, name!, "artifacts", `${i}.svg`), "x");
    const script = `
      const { Spool } = require("@colaml/shared/mlflow/spool");
      void new Spool(process.argv[1], console.error).drop(process.argv[2]);`;
    const child = spawn(process.execPath, ["-e", script, spool.folder, name!], { cwd: __dirname });
    const ended = new Promise((end) => child.once("exit", end));
    const document = join(spool.folder, name!, "publication.json");
    while (existsSync(document) && child.exitCode === null) await setImmediate();
    child.kill("SIGKILL");
    await ended;
    expect(await spool.list()).toEqual([]);
  });

  it("drops an entry that another process has dropped", async () => {
    await spool.put(publication("a", 1));
    const [name] = await spool.list();
    await spool.drop(name!);
    await spool.drop(name!);
    expect(await readdir(spool.folder)).toEqual([]);
  });

  it("clears away what a killed process left half-written, after a day", async () => {
    const [old, fresh] = [".new-old", ".new-fresh"].map((name) => join(spool.folder, name)) as [
      string,
      string,
    ];
    for (const path of [old, fresh]) await mkdir(path, { recursive: true });
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    await utimes(old, twoDaysAgo, twoDaysAgo);
    const kept = publication("a", 1);
    await spool.put(kept);
    await spool.complete((await spool.list())[0]!, kept, result);
    expect((await readdir(spool.folder)).sort()).toEqual([".new-fresh", "results"]);
  });

  it("lets one at a time work, also from another process's view", async () => {
    const other = new Spool(spool.folder, () => {});
    const order: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = () => {};
    const begins = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const first = spool.exclusively(async () => {
      order.push("first begins");
      begun();
      await held;
      order.push("first ends");
    });
    await begins;
    const second = other.exclusively(async () => void order.push("second"));
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(["first begins", "first ends", "second"]);
  });

  it("leaves its lock to another machine's process whose clock is behind", async () => {
    const other = new Spool(spool.folder, () => {});
    const order: string[] = [];
    let second: Promise<void> | undefined;
    await spool.exclusively(async () => {
      const anHourAgo = new Date(Date.now() - 3_600_000);
      await utimes(join(spool.folder, ".lock"), anHourAgo, anHourAgo);
      second = other.exclusively(async () => void order.push("second"));
      // the second looks ten times a second
      await new Promise((resolve) => setTimeout(resolve, 500));
      order.push("first ends");
    });
    await second;
    expect(order).toEqual(["first ends", "second"]);
  });

  it("takes over a lock that a killed process left", async () => {
    const lock = join(spool.folder, ".lock");
    await mkdir(lock, { recursive: true });
    const long = new Date(Date.now() - 60_000);
    await utimes(lock, long, long);
    expect(await spool.exclusively(async () => "done")).toBe("done");
  });

  it("leaves nothing of an entry that the disk did not take as a whole", async () => {
    const whole = publication("a", 1);
    const artifacts = new Map([
      ...whole.record.artifacts,
      ["plots/a.svg/b.svg", Buffer.from("under a file")],
    ]);
    await expect(spool.put({ ...whole, record: { ...whole.record, artifacts } })).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
      message: expect.stringContaining(spool.folder),
    });
    expect(await readdir(spool.folder)).toEqual([]);
  });

  it("names an entry that was damaged on disk", async () => {
    await spool.put(publication("a", 1));
    const [name] = await spool.list();
    await writeFile(join(spool.folder, name!, "publication.json"), "{");
    await expect(spool.read(name!)).rejects.toMatchObject({
      code: "MODEL_CORRUPT",
      message: expect.stringContaining(name!),
    });
  });

  it("cannot be led out of its folder by a job's id", () => {
    expect(jobKeyOf("../../x", 1)).toMatch(/^[0-9a-f]{32}$/);
    expect(jobKeyOf("1", 1)).not.toBe(jobKeyOf("1", 2));
  });
});
