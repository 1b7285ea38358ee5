import { CharacterClasses } from "./character-classes";
import { type CodePoints, classOf, NEWLINE } from "./code-points";
import type { Instruction, PatternProgram } from "./pattern-program";
import { ASSERTION } from "./pattern-tree";

/** Sets kept for their transitions; beyond it they are forgotten and worked out again. */
const MAX_KNOWN = 1024;

/** The instructions from which a match can be reached at a position: by number. */
export interface StateSet {
  alive: Uint8Array;
  /** Whether a match begins here. */
  begins: boolean;
  /** The set one position earlier, by the symbol that stands there, as far as known. */
  before: (StateSet | undefined)[];
}

const [SET, SPLIT, ASSERTED, MARK, MATCH] = [0, 1, 2, 3, 4];
const KIND = { set: SET, split: SPLIT, assertion: ASSERTED, mark: MARK, match: MATCH };
const BORDERS = ASSERTION.border | ASSERTION.noBorder;
const LINES = ASSERTION.lineStart | ASSERTION.lineEnd | ASSERTION.lastLineEnd;

/**
 * The program run backwards: from the set of a position to that of the one before it, which depends on the character
 * between them and on what holds at the earlier position. Together they are a symbol. Known steps are one look-up,
 * others cost a step per instruction.
 */
export class StateSets {
  readonly classes: CharacterClasses;
  /** Instructions gone over so far. */
  steps = 0;
  /** Assertions of the program, one bit each. */
  readonly #assertions: readonly number[];
  readonly #start: number;
  /** Instructions in an order in which the next ones of an instruction come before it. */
  readonly #order: Int32Array;
  readonly #kinds: Uint8Array;
  /** For each instruction the place of the next one. */
  readonly #next: Int32Array;
  /** For each instruction the other way of a split, the number of a set, or the bit of an assertion. */
  readonly #other: Int32Array;
  readonly #word: number;
  readonly #newline: number;
  #known = new Map<string, StateSet>();
  readonly #none: StateSet;

  constructor({ instructions, start }: PatternProgram) {
    this.#start = start;
    this.#order = innermostFirst(instructions);
    const sets = new SetNumbers();
    this.#kinds = Uint8Array.from(instructions, (at) => KIND[at.kind]);
    this.#next = Int32Array.from(instructions, (at) => (at.kind === "match" ? 0 : at.next));
    this.#other = Int32Array.from(instructions, (at) => {
      if (at.kind === "set") return sets.numberOf(at.set);
      if (at.kind === "split") return at.other;
      return at.kind === "assertion" ? at.bit : 0;
    });
    const bits = instructions.reduce((all, at) => (at.kind === "assertion" ? all | at.bit : all), 0);
    this.#assertions = Object.values(ASSERTION).filter((bit) => (bits & bit) !== 0);
    this.#word = (bits & BORDERS) !== 0 ? sets.numberOf(classOf("w")) : -1;
    this.#newline = (bits & LINES) !== 0 ? sets.numberOf(NEWLINE) : -1;
    this.classes = new CharacterClasses(sets.all);
    this.#none = { alive: new Uint8Array(instructions.length), begins: false, before: [] };
  }

  /** Whether what holds at a position matters. */
  get hasAssertions(): boolean {
    return this.#assertions.length > 0;
  }

  /** A set without any instruction. */
  get none(): StateSet {
    return this.#none;
  }

  /**
   * The symbol of a position.
   *
   * @param before class of the character before it, `NO_CLASS` at the start
   * @param after class of the character behind it, `NO_CLASS` at the end
   * @param at UTF-16 units before it, @param left those behind it
   */
  symbolOf(before: number, after: number, at: number, left: number): number {
    let symbol = after;
    for (const bit of this.#assertions)
      symbol = symbol * 2 + (this.#holds(bit, before, after, at, left) ? 1 : 0);
    return symbol;
  }

  #holds(bit: number, before: number, after: number, at: number, left: number): boolean {
    const { members } = this.classes;
    switch (bit) {
      case ASSERTION.border:
        return members[before]![this.#word] !== members[after]![this.#word];
      case ASSERTION.noBorder:
        return members[before]![this.#word] === members[after]![this.#word];
      case ASSERTION.textStart:
        return at === 0;
      case ASSERTION.textEnd:
        return left === 0;
      case ASSERTION.lastLineEnd:
        return left === 0 || (left === 1 && members[after]![this.#newline] === 1);
      case ASSERTION.lineStart:
        return at === 0 || members[before]![this.#newline] === 1;
      default:
        return left === 0 || members[after]![this.#newline] === 1;
    }
  }

  /** The set at the end of a text. */
  atEnd(symbol: number): StateSet {
    return this.before(this.#none, symbol);
  }

  /** The set of the position whose symbol is given, `set` being that of the next one. */
  before(set: StateSet, symbol: number): StateSet {
    return set.before[symbol] ?? this.#workOut(set, symbol);
  }

  #workOut(set: StateSet, symbol: number): StateSet {
    const order = this.#order;
    const count = order.length;
    const later = set.alive;
    const alive = new Uint8Array(count);
    const held = symbol & ((1 << this.#assertions.length) - 1);
    const members = this.classes.members[symbol >>> this.#assertions.length]!;
    const kinds = this.#kinds;
    const next = this.#next;
    const other = this.#other;
    this.steps += count;
    for (let place = 0; place < count; place++) {
      const i = order[place]!;
      const kind = kinds[i];
      if (kind === SET) alive[i] = later[next[i]!]! & members[other[i]!]!;
      else if (kind === SPLIT) alive[i] = alive[next[i]!]! | alive[other[i]!]!;
      else if (kind === MARK) alive[i] = alive[next[i]!]!;
      else if (kind === MATCH) alive[i] = 1;
      else alive[i] = alive[next[i]!]! & this.#isHeld(other[i]!, held);
    }
    const found = this.#keep(alive);
    set.before[symbol] = found;
    return found;
  }

  /** `held` has the first assertion in its highest bit. */
  #isHeld(bit: number, held: number): number {
    return (held >>> (this.#assertions.length - 1 - this.#assertions.indexOf(bit))) & 1;
  }

  #keep(alive: Uint8Array): StateSet {
    const key = Buffer.from(alive.buffer).toString("latin1");
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size === MAX_KNOWN) this.#forget();
    const set: StateSet = { alive, begins: alive[this.#start] === 1, before: [] };
    this.#known.set(key, set);
    return set;
  }

  /** Cuts the links, too: each set holds on to all that come before it in a text. */
  #forget(): void {
    for (const set of this.#known.values()) set.before = [];
    this.#known = new Map();
    this.#none.before = [];
  }
}

/** Numbers sets by what they hold. */
class SetNumbers {
  readonly all: CodePoints[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(set: CodePoints): number {
    const key = set.ranges.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(set) - 1;
  }
}

function innermostFirst(instructions: readonly Instruction[]): Int32Array {
  const order: number[] = [];
  const seen = new Uint8Array(instructions.length);
  const visit = (i: number): void => {
    if (seen[i] === 1) return;
    seen[i] = 1;
    const at = instructions[i]!;
    if (at.kind === "split") visit(at.other);
    // What lies behind a character belongs to another position.
    if (at.kind === "split" || at.kind === "assertion" || at.kind === "mark") visit(at.next);
    order.push(i);
  };
  for (let i = 0; i < instructions.length; i++) visit(i);
  return Int32Array.from(order);
}
