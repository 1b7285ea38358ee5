import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { writeBody } from "@colaml/producer/http/files/paced-body";

const folder = mkdtempSync(join(tmpdir(), "paced-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("keeps no piece of a body that is on the disk", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const pieces: WeakRef<Buffer>[] = [];
  let kept = Number.NaN;
  async function* body() {
    for (let i = 0; i < 200; i++) {
      const piece = Buffer.alloc(10_240, i);
      pieces.push(new WeakRef(piece));
      yield piece;
    }
    // what a WeakRef names is held until the end of a turn of the event loop
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    kept = pieces.filter((piece) => piece.deref() !== undefined).length;
  }
  const file = await open(join(folder, "body"), "w");
  const limits = { at: 0, most: 1 << 30, pace: { windowMs: 60_000, leastBytes: 1 } };
  expect(await writeBody(file, body(), limits)).toBe(200 * 10_240);
  await file.close();
  expect(kept).toBeLessThan(5);
});
