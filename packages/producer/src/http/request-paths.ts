import type { SubmittableQueue } from "@colaml/shared/contracts/queues";
import { confinedInput, confinedOutput } from "@colaml/shared/files/confined-path";

/** Where each payload names a file: dotted key and whether it is read or written. */
const PATHS: Record<SubmittableQueue, readonly (readonly [string, "read" | "write"])[]> = {
  train: [["dataset.path", "read"]],
  tune: [["dataset.path", "read"]],
  predict: [
    ["input.path", "read"],
    ["output", "write"],
  ],
  monitor: [
    ["input.path", "read"],
    ["predictions", "read"],
    ["labels", "read"],
    ["labels.path", "read"],
    ["reference", "read"],
    ["report", "write"],
  ],
  labels: [
    ["input.path", "read"],
    ["predictions", "read"],
  ],
  compare: [["input.path", "read"]],
};

/**
 * A payload with each of its paths made absolute, inside `root`.
 * @throws ColaError PATH_NOT_ALLOWED, INPUT_NOT_FOUND, OUTPUT_UNWRITABLE
 */
export function confinePaths<T extends object>(queue: SubmittableQueue, payload: T, root: string): T {
  const confined = structuredClone(payload);
  for (const [key, use] of PATHS[queue]) {
    const holder = key.includes(".") ? (confined as Record<string, unknown>)[key.split(".")[0]!] : confined;
    const name = key.split(".").at(-1)!;
    if (typeof holder !== "object" || holder === null) continue;
    const record = holder as Record<string, unknown>;
    if (typeof record[name] !== "string") continue;
    record[name] = use === "read" ? confinedInput(root, record[name]) : confinedOutput(root, record[name]);
  }
  return confined;
}
