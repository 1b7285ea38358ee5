import { NO_CLASS } from "./character-classes";
import type { PatternProgram } from "./pattern-program";
import { type StateSet, StateSets } from "./state-sets";

/**
 * Positions whose sets are kept at a time. Of a longer text only the sets at the borders of blocks are kept at
 * first; a block is gone over again when it is asked for.
 */
const BLOCK = 16_384;

/** Whether a surrogate pair begins at `at`. */
export function isPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

/** For the positions of a text, asked for from left to right, the instructions from which a match can be reached. */
export class PositionSets {
  /** Positions gone over so far, blocks that were gone over again included. */
  #visited = 0;
  readonly #sets: StateSets;
  #text = "";
  /** Sets at the borders of the blocks, the end of the text included. */
  #atBorder: StateSet[] = [];
  /** The present block: its sets, its number, where it begins and ends. */
  readonly #block: StateSet[] = [];
  #number = 0;
  #from = 0;
  #to = 0;

  constructor(program: PatternProgram) {
    this.#sets = new StateSets(program);
  }

  get steps(): number {
    return this.#visited + this.#sets.steps;
  }

  /** Begins a text, at its first position. */
  open(text: string): void {
    this.#text = text;
    const blocks = Math.max(1, Math.ceil(text.length / BLOCK));
    const symbol = this.#sets.symbolOf(this.#classBefore(text.length), NO_CLASS, text.length, 0);
    this.#atBorder = new Array<StateSet>(blocks + 1);
    this.#atBorder[blocks] = this.#sets.before(this.#sets.none, symbol);
    for (let number = blocks - 1; number >= 0; number--) this.#atBorder[number] = this.#fill(number);
  }

  /** The set of a position: no earlier one than before, at most two further. */
  at(position: number): StateSet {
    if (position < this.#to) return this.#block[position - this.#from]!;
    if (position === this.#text.length) return this.#atBorder.at(-1)!;
    this.#fill(this.#number + 1);
    return this.#block[position - this.#from]!;
  }

  /** Where a block begins: not within a surrogate pair. */
  #borderOf(number: number): number {
    const border = Math.min(number * BLOCK, this.#text.length);
    return border > 0 && isPair(this.#text, border - 1) ? border - 1 : border;
  }

  /** Goes over a block from its end to its beginning. Returns the set of its first position. */
  #fill(number: number): StateSet {
    const [from, to] = [this.#borderOf(number), this.#borderOf(number + 1)];
    const text = this.#text;
    const sets = this.#sets;
    let set = this.#atBorder[number + 1]!;
    let after = this.#classBefore(to);
    for (let at = to; at > from; ) {
      at -= at > 1 && isPair(text, at - 2) ? 2 : 1;
      const before = this.#classBefore(at);
      set = sets.before(set, sets.hasAssertions ? sets.symbolOf(before, after, at, text.length - at) : after);
      this.#block[at - from] = set;
      after = before;
    }
    this.#number = number;
    this.#from = from;
    this.#to = to;
    this.#visited += to - from;
    return set;
  }

  /** Class of the character that ends at a position. */
  #classBefore(position: number): number {
    if (position === 0) return NO_CLASS;
    const start = position > 1 && isPair(this.#text, position - 2) ? position - 2 : position - 1;
    return this.#sets.classes.of(this.#text.codePointAt(start)!);
  }
}
