import { compareCodePoints } from "./labels";

/**
 * Equal for labels that differ only in case, in white space around them or in a final `.0` of a whole number: what a
 * typing error or a spreadsheet makes of one label.
 *
 * @example labelKey("Spam ") === labelKey("spam") // true; so are "1.0" and "1"
 */
export function labelKey(label: string): string {
  return label
    .trim()
    .toLowerCase()
    .replace(/^([+-]?\d+)\.0+$/, "$1");
}

/**
 * Which label stands for each: the most frequent of its similar ones, of equals the first by code point.
 *
 * @param rowsOf rows of each label; 0 leaves a label out of consideration
 * @returns for each label the index of the one it is counted as, mostly its own
 */
export function similarLabels(labels: readonly string[], rowsOf: ArrayLike<number>): number[] {
  const best = new Map<string, number>();
  const wins = (a: number, b: number) =>
    rowsOf[a]! > rowsOf[b]! || (rowsOf[a] === rowsOf[b] && compareCodePoints(labels[a]!, labels[b]!) < 0);
  for (const [index, label] of labels.entries()) {
    const key = labelKey(label);
    const known = best.get(key);
    if (known === undefined || wins(index, known)) best.set(key, index);
  }
  return labels.map((label) => best.get(labelKey(label))!);
}
