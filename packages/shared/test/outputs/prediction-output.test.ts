import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Receipt } from "@colaml/shared/contracts/receipt";
import { checkPredictionOutput } from "@colaml/shared/outputs/prediction-output";

let folder: string;
let output: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "prediction-"));
  output = join(folder, "out.csv");
  writeFileSync(join(folder, "in.csv"), "text\nhello\n");
});
afterEach(() => rm(folder, { recursive: true }));

const check = (more: { force?: boolean; inputs?: string[] } = {}) =>
  checkPredictionOutput({ output, inputs: [join(folder, "in.csv")], force: false, ...more });

/** sha256 of "1,no text\n" by sha256sum. */
const REJECTED = "1,no text\n";
const REJECTED_SHA256 = "2530430e53905d970630032cb404b55ef13a6768135889fff883180bfe0a90e5";

/** What an earlier job left of an output of that name. */
function writeReceipt(more: Partial<Receipt> = {}): void {
  const file = { path: "/earlier/out.csv", bytes: 1, sha256: "x" };
  const receipt: Receipt = {
    v: 1,
    jobId: "earlier",
    model: { name: "m", version: "1", manifestSha256: "" },
    input: { ...file, path: "/earlier/in.csv" },
    output: file,
    rejectedFile: { path: "/earlier/out.csv.rejected.csv", bytes: REJECTED.length, sha256: REJECTED_SHA256 },
    rows: { in: 1, out: 0, rejected: 1, setAside: 0, duplicates: 0 },
    invalidUtf8: 0,
    chunks: [],
    setAside: [],
    settings: {},
    startedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: "2026-01-01T00:00:01.000Z",
    seconds: 1,
    ...more,
  };
  writeFileSync(`${output}.receipt.json`, JSON.stringify(receipt));
}

describe("the files of a prediction", () => {
  it("may all be new", async () => {
    expect(await check()).toEqual({ output: "new", receipt: "new", rejected: "new" });
  });

  it.each([".receipt.json", ".rejected.csv"])(
    "are not written over somebody's %s, unless forced",
    async (suffix) => {
      writeFileSync(`${output}${suffix}`, '{"mine": true}');
      await expect(check()).rejects.toMatchObject({
        code: "OUTPUT_EXISTS",
        message: expect.stringContaining(`out.csv${suffix} exists`),
      });
      await expect(check({ force: true })).resolves.toMatchObject({ output: "new" });
    },
  );

  it("take the place of a receipt and of rejected rows whose output is gone", async () => {
    writeReceipt();
    writeFileSync(`${output}.rejected.csv`, REJECTED);
    expect(await check()).toEqual({ output: "new", receipt: "replace", rejected: "replace" });
  });

  it("do not take that of rejected rows that the receipt does not name", async () => {
    writeReceipt();
    writeFileSync(`${output}.rejected.csv`, "2,no text\n");
    await expect(check()).rejects.toThrow(/out\.csv\.rejected\.csv exists/);
  });

  it("do not take that of a receipt of another file", async () => {
    writeReceipt({ output: { path: "/earlier/other.csv", bytes: 1, sha256: "x" } });
    await expect(check()).rejects.toThrow(/out\.csv\.receipt\.json exists/);
  });

  it.each([".receipt.json", ".rejected.csv"])("are never the input, be it %s", async (suffix) => {
    writeFileSync(`${output}${suffix}`, "text\nhello\n");
    const inputs = [`${output}${suffix}`];
    await expect(check({ inputs, force: true })).rejects.toThrow(/is the input/);
  });

  it.each([".receipt.json", ".rejected.csv"])("are never written through a link at %s", async (suffix) => {
    writeReceipt();
    await rm(`${output}.receipt.json`);
    writeFileSync(join(folder, "elsewhere"), "mine");
    symlinkSync(join(folder, "elsewhere"), `${output}${suffix}`);
    await expect(check({ force: true })).rejects.toThrow(/symbolic link/);
  });

  it("need the batch folder's name to be free or a folder", async () => {
    mkdirSync(join(folder, ".out.csv.colaml"));
    await expect(check()).resolves.toMatchObject({ output: "new" });
    await rm(join(folder, ".out.csv.colaml"), { recursive: true });
    symlinkSync(folder, join(folder, ".out.csv.colaml"));
    await expect(check({ force: true })).rejects.toThrow(/cannot write .*out\.csv: .*\.out\.csv\.colaml/);
  });

  it("have names of at most 234 bytes, so that the batch folder's fits", async () => {
    output = join(folder, `${"n".repeat(230)}.csv`);
    await expect(check()).resolves.toMatchObject({ output: "new" });
    output = join(folder, `${"n".repeat(231)}.csv`);
    await expect(check()).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
      message: expect.stringMatching(/235 bytes, at most 234 are allowed/),
    });
  });
});
