import type { CodePoints } from "./code-points";
import { refusePattern } from "./pattern-refusal";
import type { PatternNode } from "./pattern-tree";

/**
 * Instructions that a pattern may become: a counted repetition is written out. What the machine does per character
 * is bounded by it.
 */
const MAX_INSTRUCTIONS = 256;

/** One instruction. `next` and `other` are places in the program. */
export type Instruction =
  /** Takes one character of the set. */
  | { kind: "set"; set: CodePoints; next: number }
  /** Goes on at `next`, and only if that leads to no match at `other`. */
  | { kind: "split"; next: number; other: number }
  | { kind: "assertion"; bit: number; next: number }
  /** The captured group begins or ends. */
  | { kind: "mark"; end: boolean; next: number }
  | { kind: "match" };

/** A pattern as a non-deterministic automaton. Without taking a character no instruction leads back to itself. */
export interface PatternProgram {
  instructions: readonly Instruction[];
  start: number;
  hasGroup: boolean;
}

/**
 * Thompson's construction, written from the end to the beginning: what follows an instruction is there before it.
 *
 * @throws ColaError PARAMETER_INVALID if the pattern becomes too large
 */
export function compileProgram(pattern: string, tree: PatternNode, hasGroup: boolean): PatternProgram {
  const instructions: Instruction[] = [];
  const add = (instruction: Instruction): number => {
    if (instructions.length === MAX_INSTRUCTIONS) {
      const most = `${MAX_INSTRUCTIONS} states, counted repetitions written out`;
      refusePattern(pattern, `it is too large: allowed are ${most}`);
    }
    return instructions.push(instruction) - 1;
  };
  const start = new ProgramWriter(add, instructions).write(tree, add({ kind: "match" }));
  return { instructions, start, hasGroup };
}

class ProgramWriter {
  readonly #add: (instruction: Instruction) => number;
  readonly #instructions: Instruction[];

  constructor(add: (instruction: Instruction) => number, instructions: Instruction[]) {
    this.#add = add;
    this.#instructions = instructions;
  }

  /** Writes a node that leads to `next`. Returns where it begins. */
  write(node: PatternNode, next: number): number {
    switch (node.kind) {
      case "set":
        return this.#add({ kind: "set", set: node.set, next });
      case "assertion":
        return this.#add({ kind: "assertion", bit: node.bit, next });
      case "sequence":
        return node.items.reduceRight((after, item) => this.write(item, after), next);
      case "choice":
        return node.branches
          .map((branch) => this.write(branch, next))
          .reduceRight((other, first) => this.#add({ kind: "split", next: first, other }));
      case "group": {
        const end = this.#add({ kind: "mark", end: true, next });
        return this.#add({ kind: "mark", end: false, next: this.write(node.item, end) });
      }
      case "repeat":
        return this.#writeRepeat(node, next);
    }
  }

  #writeRepeat({ item, min, max, greedy }: PatternNode & { kind: "repeat" }, next: number): number {
    let start = next;
    let required = min;
    if (max === Number.POSITIVE_INFINITY) {
      // What repeats must know where it begins before it is written.
      const loop = this.#split(greedy, 0, next);
      const body = this.write(item, loop);
      this.#instructions[loop] = split(greedy, body, next);
      start = min === 0 ? loop : body;
      required = Math.max(0, min - 1);
    } else {
      for (let i = min; i < max; i++) start = this.#split(greedy, this.write(item, start), next);
    }
    for (let i = 0; i < required; i++) start = this.write(item, start);
    return start;
  }

  #split(greedy: boolean, body: number, after: number): number {
    return this.#add(split(greedy, body, after));
  }
}

/** A greedy repetition tries its body first, a lazy one what follows. */
function split(greedy: boolean, body: number, after: number): Instruction {
  return { kind: "split", next: greedy ? body : after, other: greedy ? after : body };
}
