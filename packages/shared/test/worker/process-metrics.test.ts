import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { showProcess } from "@colaml/shared/worker/process-metrics";
import { Registry } from "prom-client";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

it("the heap after a full collection holds what is in use, and no garbage", async () => {
  const registry = new Registry();
  showProcess(registry);
  const shown = async () =>
    Number(/^colaml_heap_after_collection_bytes (\d+)$/m.exec(await registry.metrics())?.[1] ?? 0);
  const after = async (condition: (bytes: number) => boolean) => {
    for (;;) {
      collect();
      await setImmediate();
      const bytes = await shown();
      if (condition(bytes)) return bytes;
    }
  };
  // 8 bytes each
  let held: number[] | undefined = new Array<number>(4_000_000).fill(0.5);
  const full = await after((bytes) => bytes > 0);
  expect(held[3_999_999]).toBe(0.5);
  expect(full).toBeGreaterThan(32_000_000);
  held = undefined;
  // Garbage of the tests before may go with it: no more than this is known.
  const rest = await after((bytes) => bytes < full - 31_000_000);
  expect(rest).toBeGreaterThan(0);
});
