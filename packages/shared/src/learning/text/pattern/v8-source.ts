import { type CodePoints, classOf } from "./code-points";
import { ASSERTION, canBeEmpty, type PatternNode } from "./pattern-tree";

const START = "(?<![\\s\\S])";
const END = "(?![\\s\\S])";
const ASSERTION_SOURCE: Readonly<Record<number, string>> = {
  [ASSERTION.textStart]: START,
  [ASSERTION.textEnd]: END,
  [ASSERTION.lastLineEnd]: `(?=\\n?${END})`,
  [ASSERTION.lineStart]: `(?:${START}|(?<=\\n))`,
  [ASSERTION.lineEnd]: `(?=\\n|${END})`,
};

/** A pattern as the source of a JavaScript expression under the `v` flag. */
export function v8Source(tree: PatternNode): string {
  return sourceOf(tree, undefined, undefined);
}

/** @param before and @param after: the neighbours in a sequence, by which `\b` becomes simpler */
function sourceOf(
  node: PatternNode,
  before: PatternNode | undefined,
  after: PatternNode | undefined,
): string {
  switch (node.kind) {
    case "set":
      return node.set.source;
    case "assertion":
      return assertionSource(node.bit, before, after);
    case "sequence":
      return node.items.map((item, i) => sourceOf(item, node.items[i - 1], node.items[i + 1])).join("");
    case "choice":
      return `(?:${node.branches.map(v8Source).join("|")})`;
    case "group":
      return `(${v8Source(node.item)})`;
    case "repeat":
      return `(?:${v8Source(node.item)})${quantifierSource(node)}`;
  }
}

function quantifierSource({ min, max, greedy }: { min: number; max: number; greedy: boolean }): string {
  const most = max === Number.POSITIVE_INFINITY ? "" : max;
  return `{${min},${most}}${greedy ? "" : "?"}`;
}

/**
 * Where it is known on which side of a border the word is, one look is enough: `\b\w+\b` asks twice per word instead
 * of four times.
 */
function assertionSource(
  bit: number,
  before: PatternNode | undefined,
  after: PatternNode | undefined,
): string {
  const known = ASSERTION_SOURCE[bit];
  if (known !== undefined) return known;
  const word = classOf("w").source;
  const [left, right] = [sideOf(before, "last"), sideOf(after, "first")];
  const isBorder = bit === ASSERTION.border;
  if (right !== undefined) return right === isBorder ? `(?<!${word})` : `(?<=${word})`;
  if (left !== undefined) return left === isBorder ? `(?!${word})` : `(?=${word})`;
  const [same, other] = [
    `(?<=${word})(?=${word})|(?<!${word})(?!${word})`,
    `(?<=${word})(?!${word})|(?<!${word})(?=${word})`,
  ];
  return `(?:${isBorder ? other : same})`;
}

/** Whether the node begins (or ends) with a word character: undefined if that is open. */
function sideOf(node: PatternNode | undefined, edge: "first" | "last"): boolean | undefined {
  if (node === undefined || canBeEmpty(node)) return undefined;
  const word = classOf("w");
  const sets = edgeSets(node, edge);
  if (sets.every((set) => set.isWithin(word))) return true;
  return sets.every((set) => set.isDisjoint(word)) ? false : undefined;
}

function edgeSets(node: PatternNode, edge: "first" | "last"): CodePoints[] {
  switch (node.kind) {
    case "set":
      return [node.set];
    case "assertion":
      return [];
    case "choice":
      return node.branches.flatMap((branch) => edgeSets(branch, edge));
    case "repeat":
    case "group":
      return edgeSets(node.item, edge);
    case "sequence": {
      const items = edge === "first" ? node.items : node.items.toReversed();
      const firm = items.findIndex((item) => !canBeEmpty(item));
      return items.slice(0, firm < 0 ? undefined : firm + 1).flatMap((item) => edgeSets(item, edge));
    }
  }
}
