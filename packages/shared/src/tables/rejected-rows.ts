/** Why a record is left out. */
export const REJECT_REASONS = [
  "no text",
  "no label",
  "wrong number of fields",
  "broken quoting",
  "record too large",
  "not a JSON object",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** This many rejected records are named; all are counted. */
const NAMED = 100;

export interface RejectedRow {
  /** Physical line the record starts on; the first line of the file is 1. */
  line: number;
  reason: RejectReason;
}

/** Records left out of a dataset: counted by reason, the first hundred named by line. */
export class RejectedRows {
  count = 0;
  /** Only reasons that occurred. */
  readonly byReason: Partial<Record<RejectReason, number>> = {};
  readonly first: RejectedRow[] = [];
  /** Records with broken quoting that hold a quote behind a backslash, which is another way of escaping it. */
  backslashQuotes = 0;
  /** What stands for no label though it is not blank, such as `None`. */
  readonly listedLabels: ReadonlySet<string>;
  readonly #onRejected: ((row: RejectedRow) => void) | undefined;

  constructor(onRejected?: (row: RejectedRow) => void, listedLabels: ReadonlySet<string> = new Set()) {
    this.#onRejected = onRejected;
    this.listedLabels = listedLabels;
  }

  add(line: number, reason: RejectReason): void {
    this.count++;
    this.byReason[reason] = (this.byReason[reason] ?? 0) + 1;
    if (this.first.length < NAMED) this.first.push({ line, reason });
    this.#onRejected?.({ line, reason });
  }
}

/** What is left out, a line per reason with the first line of the file it happened on, and what may mend it. */
export function describeRejected({ byReason, first, backslashQuotes, listedLabels }: RejectedRows): string[] {
  const lines = Object.entries(byReason).map(([reason, rows]) => {
    const line = first.find((row) => row.reason === reason)?.line;
    return `${rows} rows left out: ${reason}${line === undefined ? "" : ` (first at line ${line})`}`;
  });
  if (listedLabels.size > 0) {
    const listed = [...listedLabels].map((label) => JSON.stringify(label)).join(", ");
    lines.push(
      `${listed} in the label column stands for no label, as in pandas: --missing-values empty reads it as a label`,
    );
  }
  if (backslashQuotes > 0) {
    lines.push(
      `in ${backslashQuotes} of them a quote stands behind a backslash: --quote-escape backslash reads them`,
    );
  } else if (byReason["broken quoting"] !== undefined) {
    lines.push("--quote none reads those with broken quoting if quotes are ordinary characters in this file");
  }
  return lines;
}
