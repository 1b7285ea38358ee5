import type { CodePoints } from "./code-points";

/** What must hold between two code points, as bits: a position is described by all that hold there. */
export const ASSERTION = {
  /** `\b` */
  border: 1,
  /** `\B` */
  noBorder: 2,
  /** `\A`, and `^` without `(?m)` */
  textStart: 4,
  /** `\Z` */
  textEnd: 8,
  /** `$` without `(?m)`: the end, or a line break that is the last character */
  lastLineEnd: 16,
  /** `^` with `(?m)` */
  lineStart: 32,
  /** `$` with `(?m)` */
  lineEnd: 64,
} as const;

/** A pattern as a tree. */
export type PatternNode =
  | { kind: "set"; set: CodePoints }
  | { kind: "assertion"; bit: number }
  | { kind: "sequence"; items: readonly PatternNode[] }
  /** The first branch that leads to a match is taken. */
  | { kind: "choice"; branches: readonly PatternNode[] }
  | { kind: "repeat"; item: PatternNode; min: number; max: number; greedy: boolean }
  /** The one group that captures. */
  | { kind: "group"; item: PatternNode };

/** Whether a node can match without taking a character; assertions are taken to hold. */
export function canBeEmpty(node: PatternNode): boolean {
  switch (node.kind) {
    case "set":
      return false;
    case "assertion":
      return true;
    case "sequence":
      return node.items.every(canBeEmpty);
    case "choice":
      return node.branches.some(canBeEmpty);
    case "repeat":
      return node.min === 0 || canBeEmpty(node.item);
    case "group":
      return canBeEmpty(node.item);
  }
}
