/** Stands in texts where an id stood. */
const FORGOTTEN = "[forgotten]";
/** A shorter id cannot be told from a number of a report or an alert: there it is not looked for. */
export const SHORTEST_FOUND = 6;

/** What counts whole ids in a text, and gives the text without them. */
export type Erase = (text: string) => { places: number; without: string };

/**
 * Finds ids of at least `SHORTEST_FOUND` characters. An id stands between characters that are neither letters nor digits, as
 * it is or as HTML and JSON write it.
 */
export function erasing(ids: ReadonlySet<string>): Erase {
  const long = [...ids].filter((id) => id.length >= SHORTEST_FOUND);
  // Ids of letters and digits only are looked up, run by run: there may be millions of them.
  const plain = new Set(long.filter((id) => /^[\p{L}\p{N}]+$/u.test(id)));
  const shortest = long.reduce((least, id) => (plain.has(id) ? Math.min(least, id.length) : least), 1_024);
  // Shorter runs are passed over by the expression itself, at a quarter of the cost.
  const runs = plain.size === 0 ? undefined : new RegExp(`[\\p{L}\\p{N}]{${shortest},}`, "gu");
  const forms = long
    .filter((id) => !plain.has(id))
    .flatMap((id) => [id, JSON.stringify(id).slice(1, -1), escapedHtml(id)]);
  const choice = [...new Set(forms)]
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
    .join("|");
  const others =
    choice === "" ? undefined : new RegExp(`(?<![\\p{L}\\p{N}])(?:${choice})(?![\\p{L}\\p{N}])`, "gu");
  return (text) => {
    let places = 0;
    const erased = () => {
      places++;
      return FORGOTTEN;
    };
    const rest = others === undefined ? text : text.replace(others, erased);
    const without =
      runs === undefined ? rest : rest.replace(runs, (run) => (plain.has(run) ? erased() : run));
    return { places, without };
  };
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escapedHtml = (text: string) => text.replace(/[&<>"']/g, (sign) => HTML_ESCAPES[sign]!);

/**
 * Whether a job's JSON holds one of the ids: short ones only as labels that travel inside it, `{"id":"7","label":"True"}`.
 */
export function mentioning(ids: ReadonlySet<string>): (text: string) => boolean {
  const erasedIn = erasing(ids);
  return (text) => erasedIn(text).places > 0 || namesShortId(text, ids);
}

function namesShortId(text: string, ids: ReadonlySet<string>): boolean {
  for (const [, quoted] of text.matchAll(/"id":("(?:[^"\\]|\\.)*")/g)) {
    const id = JSON.parse(quoted!) as string;
    if (id.length < SHORTEST_FOUND && ids.has(id)) return true;
  }
  return false;
}
