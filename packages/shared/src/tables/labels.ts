/**
 * The one spelling of a label: any case of `true` and `false` becomes `True` and `False` (pandas' spelling),
 * everything else is trimmed.
 *
 * @returns undefined if there is no label
 * @example normaliseLabel(" TRUE ") // "True"
 */
export function normaliseLabel(raw: string): string | undefined {
  const label = raw.trim();
  if (label === "") return undefined;
  if (label.length === 4 && label.toLowerCase() === "true") return "True";
  if (label.length === 5 && label.toLowerCase() === "false") return "False";
  return label;
}

/** Compares by code points, as Python sorts strings; UTF-16 order differs beyond U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above U+E000 to U+FFFF: lift them over those.
    const liftedX = x >= 0xe000 ? x - 0x800 : x >= 0xd800 ? x + 0x2000 : x;
    const liftedY = y >= 0xe000 ? y - 0x800 : y >= 0xd800 ? y + 0x2000 : y;
    return liftedX - liftedY;
  }
  return a.length - b.length;
}

/**
 * The distinct labels in ascending order of code points, as numpy's `unique` gives them.
 * Of two classes the second is the positive one.
 *
 * @example classesOf(["True", "False", "True"]) // ["False", "True"]
 */
export function classesOf(labels: Iterable<string>): string[] {
  return [...new Set(labels)].sort(compareCodePoints);
}
