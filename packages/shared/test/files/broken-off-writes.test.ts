import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BrokenOffWrites } from "@colaml/shared/files/broken-off-writes";
import { writeDurably } from "@colaml/shared/files/durable-file";

const HOUR_S = 3_600;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "broken-off-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A file that was last written to so many seconds before `now`. */
async function left(name: string, secondsAgo: number, now = Date.now()): Promise<void> {
  await writeFile(join(folder, name), "half");
  const at = now / 1000 - secondsAgo;
  await utimes(join(folder, name), at, at);
}

describe("what a killed process left half-written", () => {
  it("goes when the next one writes into the folder an hour later; what is being written, and what is of others, stays", async () => {
    await left(".0123456789ab.tmp", HOUR_S + 60);
    await left(".ba9876543210.tmp", HOUR_S - 60);
    await left(".note.tmp", 10 * HOUR_S);
    await left("0123456789ab.tmp", 10 * HOUR_S);
    await writeDurably(join(folder, "new.json"), [Buffer.from("{}")]);
    const stay = [".ba9876543210.tmp", ".note.tmp", "0123456789ab.tmp", "new.json"];
    expect((await readdir(folder)).sort()).toEqual(stay);
  });

  it("is looked for once an hour in each folder, also by a process that runs for weeks", async () => {
    let now = Date.now();
    const writes = new BrokenOffWrites(() => now);
    await writes.remove(folder);
    await left(".0123456789ab.tmp", 2 * HOUR_S, now);
    now += (HOUR_S - 1) * 1000;
    await writes.remove(folder);
    expect(await readdir(folder)).toHaveLength(1);
    now += 2_000;
    await writes.remove(folder);
    expect(await readdir(folder)).toEqual([]);
  });

  it("fails no write if the folder is gone", async () => {
    await expect(new BrokenOffWrites().remove(join(folder, "missing"))).resolves.toBeUndefined();
  });
});
