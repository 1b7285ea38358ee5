import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepVersion } from "@colaml/shared/mlflow/version-cache";

const PINNED = { name: "m", version: "1", runId: "r", source: "models:/x", manifestSha256: "" };
/** The longest name of a file has 255 bytes: the system refuses it, as a full disk would refuse the bytes. */
const UNWRITABLE = "x".repeat(256);

let cacheDir: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "colaml-cache-"));
});
afterEach(() => rm(cacheDir, { recursive: true }));

it("a version that could not be kept leaves nothing, and is refused with its path", async () => {
  const files = new Map([
    ["bundle.json", Buffer.from("{}")],
    [UNWRITABLE, Buffer.from("{}")],
  ]);
  await expect(keepVersion(cacheDir, PINNED, files, "http://mlflow")).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
    message: expect.stringContaining(join(cacheDir, "m")),
  });
  expect(await readdir(join(cacheDir, "m"))).toEqual([]);
});

it("a version whose folder cannot be made is refused with its path", async () => {
  await writeFile(join(cacheDir, "m"), "in the way");
  await expect(keepVersion(cacheDir, PINNED, new Map(), "http://mlflow")).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
    message: expect.stringContaining(join(cacheDir, "m")),
  });
});
