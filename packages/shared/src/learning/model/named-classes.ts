/** A model may have a thousand classes: a message with all of them hides what it says. */
const MOST_NAMED = 20;

/**
 * Classes in words: the first twenty, and how many more there are.
 * @example namedClasses(["False", "True"]) // "False, True"
 */
export function namedClasses(classes: readonly string[]): string {
  const more = classes.length - MOST_NAMED;
  return `${classes.slice(0, MOST_NAMED).join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}
