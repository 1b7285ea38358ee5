import { ColaError } from "../errors/cola-error";
import { describeRejected, type RejectedRows } from "./rejected-rows";

/** A share of rejected rows says nothing before this many records. */
const LEAST_FOR_SHARE = 10_000;
/** A label that only rejected records have is a lost class if this many have it, and this share of all records. */
const LOST_CLASS = { rows: 3, share: 0.001 };

/** How the limit is read: a count, or a share of the records below 1. */
const isShare = (allowed: number) => allowed > 0 && allowed < 1;

/**
 * Refuses the file if too much is rejected. `allowed` is a count, or a share below 1, which must not be reached; a
 * share is looked at from 10,000 records on, and at the end.
 *
 * @param why what is known of the reasons, in words
 * @throws ColaError TOO_MANY_REJECTED
 */
export function checkRejected(
  allowed: number,
  { rows, rejected }: { rows: number; rejected: number },
  atEnd: boolean,
  why?: { path: string; reasons: readonly string[] },
): void {
  const records = rejected + rows;
  const tooMany = isShare(allowed)
    ? (atEnd || records >= LEAST_FOR_SHARE) && rejected > 0 && rejected >= allowed * records
    : rejected > allowed;
  if (!tooMany) return;
  const limit = isShare(allowed) ? `less than ${percent(allowed)}` : `${allowed}`;
  const of = why ? ` of ${why.path}` : "";
  const reasons = why && why.reasons.length > 0 ? ` (${why.reasons.join("; ")})` : "";
  throw new ColaError(
    "TOO_MANY_REJECTED",
    `${rejected} of ${records} rows${of} were rejected${reasons}; allowed is ${limit}: mend the file, or raise --max-rejected`,
    { details: { rejected, records } },
  );
}

/**
 * Refuses a file of which a whole class is lost: its label stands in rejected records only. A model trained on the
 * rest would not know that the class exists.
 *
 * @param lost labels of rejected records, with how many had each
 * @param classes labels of the accepted rows
 * @throws ColaError TOO_MANY_REJECTED
 */
export function checkLostClasses(
  path: string,
  lost: ReadonlyMap<string, number>,
  classes: readonly string[],
  { rows, rejected }: { rows: number; rejected: RejectedRows },
): void {
  const known = new Set(classes);
  const least = Math.max(LOST_CLASS.rows, LOST_CLASS.share * (rows + rejected.count));
  const missing = [...lost].filter(([label, count]) => !known.has(label) && count >= least);
  if (missing.length === 0) return;
  const named = missing.slice(0, 5).map(([label, count]) => `${shown(label)} (${count} rows)`);
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : "";
  throw new ColaError(
    "TOO_MANY_REJECTED",
    `every row of ${missing.length === 1 ? "the class" : "the classes"} ${named.join(", ")}${more} of ${path} was rejected ` +
      `(${describeRejected(rejected).join("; ")}): mend the file; a --max-rejected of at least ${rejected.count} trains without`,
    { details: { rejected: rejected.count } },
  );
}

/** A class has a short name; what is long may be a piece of somebody's text, which no message shows. */
const shown = (label: string) =>
  label.length <= 40 ? JSON.stringify(label) : `(a label of ${label.length} characters)`;

const percent = (share: number) => `${Number((100 * share).toPrecision(3))}% of them`;
