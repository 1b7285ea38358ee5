/** Characters of an id that people are shown. */
const SHOWN = 100;

/**
 * An id as results, messages and reports show it. A column of ids that holds spaces, `@` or links holds somebody's text
 * or address instead: that is not shown.
 *
 * @example shownId("570306133677760513") // the same
 * @example shownId("call me at home") // "(a text of 15 characters)"
 */
export function shownId(id: string): string {
  return /[\s@]|:\/\//.test(id) ? `(a text of ${id.length} characters)` : id.slice(0, SHOWN);
}
