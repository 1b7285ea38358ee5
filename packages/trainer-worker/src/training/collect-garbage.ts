import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

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
