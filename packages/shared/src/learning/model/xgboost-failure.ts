import { messageOf } from "../../errors/cola-error";

/** What the module throws: an address, as a number or in a text on emscripten's flags. */
const THROWN_ADDRESS = /^\d+( - Exception catching is disabled.*)?$/;
/** What emscripten throws when the heap would pass 2 GB. */
const HEAP_FULL = /Cannot enlarge memory/;
/** What the module prints: time of day, file, line number and the message; stack traces look different. */
const LOG_LINE = /^\[[\d:]+\]\s+\S+:\d+:\s+(.*)/;
const MAX_LENGTH = 300;

/**
 * Why a training stopped, in one line: the module throws addresses and logs its reason.
 *
 * @param printed lines the module printed, the latest last
 * @example xgboostFailure(5360016, ["[10:00:00] src/x.cc:9: no such thing"]) // "XGBoost stopped: no such thing"
 */
export function xgboostFailure(thrown: unknown, printed: readonly string[]): string {
  const message = messageOf(thrown);
  if (HEAP_FULL.test(message)) {
    return "the trainer's memory of 2 GB is full: train on fewer rows (max_train_rows) or with fewer max_features";
  }
  if (!THROWN_ADDRESS.test(message)) return message.slice(0, MAX_LENGTH);
  const logged = printed.map((line) => LOG_LINE.exec(line)?.[1]).filter((line) => line !== undefined);
  const last = logged.at(-1);
  return last === undefined
    ? "XGBoost stopped without a reason"
    : `XGBoost stopped: ${last.slice(0, MAX_LENGTH)}`;
}
