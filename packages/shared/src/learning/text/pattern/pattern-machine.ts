import type { Instruction, PatternProgram } from "./pattern-program";
import { isPair, PositionSets } from "./position-sets";

/**
 * Finds the matches of a pattern in time linear in the text, with the priorities of Python's `re`: two passes after
 * Frisch and Cardelli, "Greedy regular expression matching" (ICALP 2004). The first goes backwards and finds for
 * each position from which instructions a match can be reached. The second goes forwards, and at each choice takes
 * the first branch that leads to a match: it never turns back, so no failure makes it scan anything again.
 *
 * For n UTF-16 units and a program of m instructions it takes at most 2n (m + 1) steps backwards, most often 2n, as
 * steps are remembered, and n m forwards.
 */
export class PatternMachine {
  readonly #instructions: readonly Instruction[];
  readonly #start: number;
  readonly #hasGroup: boolean;
  readonly #positions: PositionSets;
  #walked = 0;
  /** What the last match captured: nothing while the end is not there. */
  #groupStart = 0;
  #groupEnd = 0;

  constructor(program: PatternProgram) {
    this.#instructions = program.instructions;
    this.#start = program.start;
    this.#hasGroup = program.hasGroup;
    this.#positions = new PositionSets(program);
  }

  /** Steps taken since it was made. */
  get steps(): number {
    return this.#walked + this.#positions.steps;
  }

  /** All matches (or the content of the group in each, "" without), as Python's `findall` gives them. */
  tokens(text: string): string[] {
    const tokens: string[] = [];
    const positions = this.#positions;
    positions.open(text);
    for (let at = 0; at < text.length; ) {
      if (!positions.at(at).begins) {
        at += isPair(text, at) ? 2 : 1;
        this.#walked++;
        continue;
      }
      const end = this.#follow(text, at);
      tokens.push(this.#hasGroup ? text.slice(this.#groupStart, this.#groupEnd) : text.slice(at, end));
      at = end;
    }
    return tokens;
  }

  /** Follows the match that begins at a position. Returns its end. */
  #follow(text: string, from: number): number {
    const instructions = this.#instructions;
    const positions = this.#positions;
    let at = from;
    let { alive } = positions.at(at);
    let groupStart = 0;
    this.#groupStart = 0;
    this.#groupEnd = 0;
    for (let i = this.#start; ; this.#walked++) {
      const step = instructions[i]!;
      if (step.kind === "match") return at;
      if (step.kind === "split") i = alive[step.next] === 1 ? step.next : step.other;
      else i = step.next;
      if (step.kind === "set") {
        at += isPair(text, at) ? 2 : 1;
        alive = positions.at(at).alive;
      } else if (step.kind === "mark") {
        if (step.end) {
          this.#groupStart = groupStart;
          this.#groupEnd = at;
        } else groupStart = at;
      }
    }
  }
}
