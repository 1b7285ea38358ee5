import { ColaError } from "@colaml/shared/errors/cola-error";

/** A share of rejected rows says nothing before so many records. */
const LEAST_FOR_SHARE = 10_000;

/**
 * Ends a batch that rejects too much: `allowed` is a count, or a share below 1; absent: no limit. A share is looked
 * at from 10,000 records on, and at the end.
 * @throws ColaError TOO_MANY_REJECTED
 */
export function checkRejected(
  allowed: number | undefined,
  { rows, rejected }: { rows: number; rejected: number },
  atEnd: boolean,
): void {
  if (allowed === undefined) return;
  const records = rejected + rows;
  const isShare = allowed > 0 && allowed < 1;
  const tooMany = isShare
    ? (atEnd || records >= LEAST_FOR_SHARE) && rejected > allowed * records
    : rejected > allowed;
  if (!tooMany) return;
  throw new ColaError(
    "TOO_MANY_REJECTED",
    `${rejected} of ${records} rows were rejected; allowed is ${isShare ? `a share of ${allowed}` : allowed}`,
    { details: { rejected, records } },
  );
}
