import { createHash } from "node:crypto";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder, writeTemporary } from "@colaml/shared/files/durable-file";
import { deliveryFiles, linesOf, nameOfDelivery } from "./delivery-files";

/** Each delivery and each check reads all files: from this number on the older ones are merged. */
const MERGED_FROM = 64;
/** The newest stay as they came. */
const LEFT_ALONE = 16;
/** Bytes that are merged into one file: they are in memory meanwhile. */
const MERGED_BYTES = 4 * 1024 * 1024;

/** What decides when and how deliveries are merged; only tests need other numbers. */
export interface MergeLimits {
  from: number;
  leftAlone: number;
  bytes: number;
}

const LIMITS: MergeLimits = { from: MERGED_FROM, leftAlone: LEFT_ALONE, bytes: MERGED_BYTES };

/** A file of deliveries as it was when it was looked at. */
interface Delivery {
  path: string;
  bytes: number;
  modifiedAt: number;
}

/**
 * Merges adjacent small deliveries of a folder into one file that says what they say together: of an id the labels of
 * the last delivery that holds it, different ones included. The merged file has the number of the last of them, so that
 * after a kill beside it or in place of them the labels are the same. The caller holds the model's lock.
 *
 * @returns how many files there are fewer
 * @throws what the disk says
 */
export async function mergeDeliveries(folder: string, limits: MergeLimits = LIMITS): Promise<number> {
  const names = await deliveryFiles(folder);
  if (names.length < limits.from) return 0;
  const old = names.slice(0, -limits.leftAlone);
  let fewer = 0;
  for (const run of adjacentSmall(await Promise.all(old.map((name) => look(folder, name))), limits.bytes))
    fewer += await mergeRun(folder, run);
  return fewer;
}

async function look(folder: string, name: string): Promise<Delivery> {
  const path = join(folder, name);
  const { size, mtimeMs } = await stat(path);
  return { path, bytes: size, modifiedAt: mtimeMs };
}

/** Two and more that follow each other and are no larger together than one merged file. */
function adjacentSmall(deliveries: readonly Delivery[], maxBytes: number): Delivery[][] {
  const runs: Delivery[][] = [];
  let run: Delivery[] = [];
  let bytes = 0;
  for (const delivery of deliveries) {
    if (bytes + delivery.bytes > maxBytes) {
      runs.push(run);
      run = [];
      bytes = 0;
    }
    run.push(delivery);
    bytes += delivery.bytes;
  }
  return [...runs, run].filter((some) => some.length > 1);
}

async function mergeRun(folder: string, run: readonly Delivery[]): Promise<number> {
  const labels = new Map<string, Set<string>>();
  for (const { path } of run) {
    const delivered = new Map<string, Set<string>>();
    for await (const { id, label } of linesOf(path)) {
      const known = delivered.get(id);
      if (known) known.add(label);
      else delivered.set(id, new Set([label]));
    }
    for (const [id, ofId] of delivered) labels.set(id, ofId);
  }
  const lines = [...labels].flatMap(([id, ofId]) =>
    [...ofId].map((label) => `${JSON.stringify([id, label])}\n`),
  );
  const content = lines.join("");
  const temporary = await writeTemporary(folder, (file) => file.writeFile(content));
  // `cola forget` may have erased ids meanwhile: what was read before must not bring them back.
  if (!(await areUnchanged(run))) {
    await rm(temporary, { force: true });
    return 0;
  }
  const merged = join(
    folder,
    nameOfDelivery(run.at(-1)!.path, createHash("sha256").update(content).digest("hex")),
  );
  await rename(temporary, merged);
  await syncFolder(folder);
  const replaced = run.filter(({ path }) => path !== merged);
  for (const { path } of replaced) await rm(path, { force: true });
  return replaced.length - (replaced.length === run.length ? 1 : 0);
}

async function areUnchanged(run: readonly Delivery[]): Promise<boolean> {
  const now = await Promise.all(run.map(({ path }) => stat(path).catch(() => undefined)));
  return run.every(({ bytes, modifiedAt }, i) => now[i]?.size === bytes && now[i].mtimeMs === modifiedAt);
}
