/** Columns of `<output>.rejected.csv`. */
export const REJECTED_HEADER = "line,reason\n";

/** Collects the lines of the rejected file. Reasons are ours and hold nothing of the input. */
export class RejectedLines {
  count = 0;
  #text = "";

  add(line: number, reason: string): void {
    this.#text += rejectedLine(line, reason);
    this.count++;
  }

  /** The lines so far; starts over. */
  take(): { bytes: Buffer; count: number } {
    const taken = { bytes: Buffer.from(this.#text), count: this.count };
    this.#text = "";
    this.count = 0;
    return taken;
  }
}

/** One line of it: the line of the input, counted from 1, and the reason. */
export function rejectedLine(line: number, reason: string): string {
  return `${line},${/[",\r\n]/.test(reason) ? `"${reason.replaceAll('"', '""')}"` : reason}\n`;
}
