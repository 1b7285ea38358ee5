import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** From this many training rows on a linear training is worth what saving memory costs: with fewer it is small anyway. */
export const MANY_ROWS = 20_000;

/**
 * From now on the young generation stays as large as it is. V8 lets it grow to 32 MB once much of it survives, and keeps
 * it. A linear training makes few objects, its rows and tables lie in typed arrays: it takes as long, at 25 MB less.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

let collect: (() => void) | undefined;

/**
 * Frees what no object holds any more, now: some ms. Tables in typed arrays weigh nothing in V8's eyes, so that tens of MB
 * of them would lie beside the next stage's until a collection is due.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
