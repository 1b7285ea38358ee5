/** `5.70E+17`, also with a decimal comma: what a spreadsheet shows, and saves, for a long number. */
const EXPONENT = /^[+-]?\d(?:[.,]\d+)?E\+\d{2,3}$/i;
/** `570306133677760000`: a long number of which a spreadsheet (15 digits) or a double (17) kept the first digits. */
const ROUNDED = /^\d{15,}00$/;

/** Whether an id looks like a long number that a spreadsheet shortened. */
const looksDamaged = (id: string): boolean => EXPONENT.test(id) || ROUNDED.test(id);

/**
 * What a spreadsheet did to ids and how to mend it, if half of them look so: whole ids may end in zeros by chance.
 *
 * @example damageHint(["5.70E+17"]) // 'ids such as "5.70E+17" are long numbers that a spreadsheet shortened: ...'
 */
export function damageHint(ids: readonly string[]): string | undefined {
  const damaged = ids.filter(looksDamaged);
  if (damaged.length === 0 || 2 * damaged.length < ids.length) return undefined;
  return `ids such as "${damaged[0]}" are long numbers that a spreadsheet shortened: export the id column as text from a source that has the whole ids`;
}

/** A few ids as a message shows them, cut. */
export const quotedIds = (ids: readonly string[]): string =>
  ids
    .slice(0, 5)
    .map((id) => JSON.stringify(id.slice(0, 40)))
    .join(", ");
