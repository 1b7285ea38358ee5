import type { RejectedByReason } from "@colaml/shared/tables/rejected-by-reason";
import { formatCell } from "@colaml/shared/tables/written-cell";
import type { ScoredRange } from "./chunk-scorer";

/** Columns of `<output>.rejected.csv`. */
export const REJECTED_HEADER = "line,reason\n";

/** Collects the lines of the rejected file. Reasons are ours and hold nothing of the input. */
export class RejectedLines {
  #count = 0;
  #byReason: RejectedByReason = {};
  #text = "";

  add(line: number, reason: string): void {
    this.#text += rejectedLine(line, reason);
    this.#count++;
    this.#byReason[reason] = (this.#byReason[reason] ?? 0) + 1;
  }

  /** The lines so far and how many they are, in all and by reason; starts over. */
  take(): Pick<ScoredRange, "rejectedLines" | "rejected" | "rejectedByReason"> {
    const taken = {
      rejectedLines: Buffer.from(this.#text),
      rejected: this.#count,
      rejectedByReason: this.#byReason,
    };
    this.#text = "";
    this.#count = 0;
    this.#byReason = {};
    return taken;
  }
}

/** One line of it: the line of the input, counted from 1, and the reason. */
export function rejectedLine(line: number, reason: string): string {
  return `${line},${formatCell(reason, "csv")}\n`;
}
