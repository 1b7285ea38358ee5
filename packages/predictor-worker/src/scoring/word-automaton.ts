import { decodeAt, SEPARATES, UNCLEAR, WideCharacters } from "./wide-characters";

/** A text that must be decoded to be tokenised: it holds one of a few letters, or bytes that are no UTF-8. */
export const NEEDS_DECODING = -1;
/** Transitions a table may have: 32 MB. Larger vocabularies are looked up by string. */
const MAX_TRANSITIONS = 8_000_000;

const SEPARATOR = 0;
const ROOT = 0;
/** In a word that is no term. */
const DEAD = 1;

/**
 * Finds the known words of a text in one pass over its UTF-8 bytes: a trie of the vocabulary as a table automaton,
 * states given as offsets of their rows. A term has a state of its own behind the separator that ends it, which
 * behaves like the root: what was found is logged without a branch. About 2 ns a byte.
 */
export class WordAutomaton {
  readonly #classOf: Uint8Array;
  readonly #next: Int32Array;
  /** Offset of the first state that stands for a found term. */
  readonly #firstFound: number;
  readonly #width: number;
  readonly #termOf: Int32Array;
  readonly #wide: WideCharacters;
  /** Where a character beyond ASCII leads from a state, by `wideKey`; any other leads out of the vocabulary. */
  readonly #wideNext: ReadonlyMap<number, number>;
  #log = new Int32Array(1024);

  private constructor(classOf: Uint8Array, width: number, trie: Trie, wide: WideCharacters) {
    this.#classOf = classOf;
    this.#width = width;
    this.#wide = wide;
    this.#wideNext = new Map(
      [...trie.wideChildren].map(([key, child]) => [
        wideKey(Math.floor(key / WIDE) * width, key % WIDE),
        child * width,
      ]),
    );
    const states = trie.nodes + trie.terminals.length;
    this.#firstFound = trie.nodes * width;
    this.#next = new Int32Array(states * width);
    this.#termOf = Int32Array.from(trie.terminals, ([, term]) => term);
    this.#fill(trie);
  }

  /**
   * The automaton of a vocabulary, or undefined where its table would be too large. `left` are words that never
   * count, even where the vocabulary has them.
   */
  static of(
    terms: readonly string[],
    lowercase: boolean,
    left: ReadonlySet<string>,
  ): WordAutomaton | undefined {
    const { classOf, width } = byteClasses(lowercase);
    const trie = new Trie(width);
    const wide = new WideCharacters(lowercase);
    for (const [term, word] of terms.entries()) {
      const unreachable = left.has(word) || (lowercase && word !== word.toLowerCase());
      const path = unreachable ? undefined : pathOf(word, classOf, wide);
      if (path !== undefined) trie.add(path, term);
      if ((trie.nodes + term) * width > MAX_TRANSITIONS) return undefined;
    }
    return new WordAutomaton(classOf, width, trie, wide);
  }

  /**
   * Writes the terms of `bytes[start, end)` to `found`, in the order of the text and with repetitions.
   * @returns how many, or `NEEDS_DECODING`. `found` must have room for (end - start) / 2 + 1.
   */
  find(bytes: Uint8Array, start: number, end: number, found: Int32Array): number {
    const next = this.#next;
    const classOf = this.#classOf;
    const lastWord = this.#firstFound - 1;
    const needed = ((end - start) >> 1) + 3;
    if (this.#log.length < needed) this.#log = new Int32Array(needed * 2);
    const log = this.#log;
    let count = 0;
    let state = ROOT;
    let at = start;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte < 128) {
        state = next[state + classOf[byte]!]!;
        at++;
      } else {
        const decoded = decodeAt(bytes, at, end);
        const meaning = decoded < 0 ? UNCLEAR : this.#wide.meaningOf(decoded >> 3);
        if (meaning === UNCLEAR) return NEEDS_DECODING;
        state = meaning === SEPARATES ? next[state]! : this.#wideStep(state, meaning);
        at += decoded & 7;
      }
      log[count] = state;
      // 1 where the state is beyond the words, without a branch
      count += (lastWord - state) >>> 31;
    }
    state = next[state]!;
    log[count] = state;
    count += (lastWord - state) >>> 31;
    const termOf = this.#termOf;
    const width = this.#width;
    for (let i = 0; i < count; i++) found[i] = termOf[(log[i]! - lastWord - 1) / width]!;
    return count;
  }

  /** A letter or digit beyond ASCII. */
  #wideStep(state: number, codePoint: number): number {
    if (this.#wideNext.size === 0) return DEAD * this.#width;
    const node = state >= this.#firstFound ? ROOT : state;
    return this.#wideNext.get(wideKey(node, codePoint)) ?? DEAD * this.#width;
  }

  #fill(trie: Trie): void {
    const width = this.#width;
    const next = this.#next;
    for (let node = 0; node < trie.nodes; node++) {
      const row = node * width;
      next[row] = ROOT;
      for (let c = 1; c < width; c++) {
        const child = node === DEAD ? 0 : trie.child(node, c);
        next[row + c] = (child === 0 ? DEAD : child) * width;
      }
    }
    for (const [i, [node]] of trie.terminals.entries()) {
      const state = this.#firstFound + i * width;
      next[node * width + SEPARATOR] = state;
      next.copyWithin(state, ROOT, width);
    }
  }
}

const WIDE = 0x200000;

/** A state and a code point in one number. */
function wideKey(state: number, codePoint: number): number {
  return state * WIDE + codePoint;
}

/** Nodes by number; 0 is the root, 1 is kept for `DEAD`. */
class Trie {
  nodes = 2;
  /** By node and code point. */
  readonly wideChildren = new Map<number, number>();
  readonly terminals: [node: number, term: number][] = [];
  readonly #width: number;
  #children: Int32Array;

  constructor(width: number) {
    this.#width = width;
    this.#children = new Int32Array(width * 64);
  }

  /** 0 where there is none. */
  child(node: number, byteClass: number): number {
    return this.#children[node * this.#width + byteClass]!;
  }

  /** A path of byte classes, and of negated code points beyond ASCII. */
  add(path: readonly number[], term: number): void {
    let node = 0;
    for (const step of path) node = step < 0 ? this.#wideChild(node, -step) : this.#narrowChild(node, step);
    this.terminals.push([node, term]);
  }

  #narrowChild(node: number, byteClass: number): number {
    const place = node * this.#width + byteClass;
    // the new node may move the array: the place is written after it
    const child = this.#children[place]! || this.#newNode();
    this.#children[place] = child;
    return child;
  }

  #wideChild(node: number, codePoint: number): number {
    const key = wideKey(node, codePoint);
    const child = this.wideChildren.get(key) ?? this.#newNode();
    this.wideChildren.set(key, child);
    return child;
  }

  #newNode(): number {
    const node = this.nodes++;
    if (this.nodes * this.#width > this.#children.length) {
      const grown = new Int32Array(this.#children.length * 2);
      grown.set(this.#children);
      this.#children = grown;
    }
    return node;
  }
}

/** Class 0 separates words; each letter, digit and the underscore has its own, both cases one when lower-cased. */
function byteClasses(lowercase: boolean): { classOf: Uint8Array; width: number } {
  const classOf = new Uint8Array(128);
  let width = 1;
  for (const character of "0123456789_abcdefghijklmnopqrstuvwxyz") classOf[character.charCodeAt(0)] = width++;
  for (let upper = 65; upper <= 90; upper++) classOf[upper] = lowercase ? classOf[upper + 32]! : width++;
  return { classOf, width };
}

/** A term's characters: byte classes, and code points beyond ASCII negated; undefined for what no text can hold. */
function pathOf(term: string, classOf: Uint8Array, wide: WideCharacters): number[] | undefined {
  const path: number[] = [];
  for (const character of term) {
    const code = character.codePointAt(0)!;
    if (code < 128 ? classOf[code] === SEPARATOR : wide.meaningOf(code) !== code) return undefined;
    path.push(code < 128 ? classOf[code]! : -code);
  }
  return path.length > 0 ? path : undefined;
}
