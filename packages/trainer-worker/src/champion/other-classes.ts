import { namedClasses } from "@colaml/shared/learning/model/named-classes";

/**
 * Why two models cannot be compared by their classes, naming those that only one of them has.
 *
 * @returns undefined if both have the same classes
 * @example otherClasses(["a", "b"], ["a", "c"]) // "the classes differ: b only in the champion, c only in the challenger"
 */
export function otherClasses(champion: readonly string[], challenger: readonly string[]): string | undefined {
  const sides = [
    [without(champion, challenger), "champion"],
    [without(challenger, champion), "challenger"],
  ] as const;
  const differ = sides
    .filter(([classes]) => classes.length > 0)
    .map(([classes, model]) => `${namedClasses(classes)} only in the ${model}`);
  if (differ.length > 0) return `the classes differ: ${differ.join("; ")}`;
  // Probabilities are compared by position.
  return champion.every((name, k) => name === challenger[k]) ? undefined : "the classes have another order";
}

function without(classes: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return classes.filter((name) => !known.has(name));
}
