import type { PatternProgram } from "@colaml/shared/learning/text/pattern/pattern-program";
import { ASSERTION } from "@colaml/shared/learning/text/pattern/pattern-tree";

/** Texts to repeat: the pattern's own characters, one by one and two by two. */
export function unitsOf(pattern: string): string[] {
  const own = [...new Set([...pattern.replace(/[^\p{L}\p{N}_ #'.-]/gu, ""), "a"])].slice(0, 5);
  return own.flatMap((a) => own.map((b) => (a === b ? a : `${a}${b}`)));
}

/** Instructions that an engine which turns back, as V8's, goes over to find all matches. */
export function backtrackingSteps({ instructions, start }: PatternProgram, text: string): number {
  let steps = 0;
  const isWord = (i: number) => /[\p{L}\p{N}_]/u.test(text[i] ?? "");
  const holds = (bit: number, at: number) => {
    if (bit === ASSERTION.border) return isWord(at - 1) !== isWord(at);
    if (bit === ASSERTION.noBorder) return isWord(at - 1) === isWord(at);
    if (bit === ASSERTION.textStart) return at === 0;
    if (bit === ASSERTION.lineStart) return at === 0 || text[at - 1] === "\n";
    if (bit === ASSERTION.lineEnd) return at === text.length || text[at] === "\n";
    return at === text.length || (bit === ASSERTION.lastLineEnd && text.slice(at) === "\n");
  };
  const match = (from: number): number => {
    const open = [{ i: start, at: from }];
    for (let way = open.pop(); way; way = open.pop()) {
      steps++;
      const { i, at } = way;
      const step = instructions[i]!;
      if (step.kind === "match") return at;
      if (step.kind === "split") open.push({ i: step.other, at }, { i: step.next, at });
      else if (step.kind === "mark") open.push({ i: step.next, at });
      else if (step.kind === "assertion") holds(step.bit, at) && open.push({ i: step.next, at });
      else if (at < text.length && step.set.has(text.charCodeAt(at))) open.push({ i: step.next, at: at + 1 });
    }
    return -1;
  };
  for (let at = 0; at < text.length; ) {
    const end = match(at);
    at = end > at ? end : at + 1;
  }
  return steps;
}
