import { WORD_CLASS } from "../word-characters";

const LAST = 0x10ffff;

/** A set of code points as inclusive ranges, ascending, neither touching nor overlapping: from, to, from, to, ... */
export class CodePoints {
  readonly #source: string | undefined;

  private constructor(
    readonly ranges: readonly number[],
    source?: string,
  ) {
    this.#source = source;
  }

  /**
   * @param pairs inclusive ranges in any order
   * @param source the same as a class under JavaScript's `v` flag, if there is a shorter one than its ranges
   */
  static of(pairs: readonly (readonly [from: number, to: number])[], source?: string): CodePoints {
    const sorted = [...pairs].sort((a, b) => a[0] - b[0]);
    const ranges: number[] = [];
    for (const [from, to] of sorted) {
      const last = ranges.length - 1;
      if (last > 0 && from <= ranges[last]! + 1) ranges[last] = Math.max(ranges[last]!, to);
      else ranges.push(from, to);
    }
    return new CodePoints(ranges, source);
  }

  /** The set as a class under JavaScript's `v` flag. Short: beyond 20 KB of source V8 does not optimise. */
  get source(): string {
    return this.#source ?? `[${Array.from(this.pairs(), rangeSource).join("")}]`;
  }

  /** Whether it holds a code point. O(log ranges). */
  has(codePoint: number): boolean {
    let low = 0;
    let high = this.ranges.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranges[2 * middle + 1]! < codePoint) low = middle + 1;
      else high = middle;
    }
    return 2 * low < this.ranges.length && this.ranges[2 * low]! <= codePoint;
  }

  union(other: CodePoints): CodePoints {
    return CodePoints.of([...this.pairs(), ...other.pairs()], `[${this.source}${other.source}]`);
  }

  complement(): CodePoints {
    const pairs: [number, number][] = [];
    let next = 0;
    for (const [from, to] of this.pairs()) {
      if (from > next) pairs.push([next, from - 1]);
      next = to + 1;
    }
    if (next <= LAST) pairs.push([next, LAST]);
    return CodePoints.of(pairs, `[^${this.source}]`);
  }

  /** Whether the two have no code point in common. O(ranges of both). */
  isDisjoint(other: CodePoints): boolean {
    const [a, b] = [this.ranges, other.ranges];
    for (let i = 0, j = 0; i < a.length && j < b.length; ) {
      if (a[i + 1]! < b[j]!) i += 2;
      else if (b[j + 1]! < a[i]!) j += 2;
      else return false;
    }
    return true;
  }

  isWithin(other: CodePoints): boolean {
    return this.isDisjoint(other.complement());
  }

  *pairs(): Generator<[from: number, to: number]> {
    for (let i = 0; i < this.ranges.length; i += 2) yield [this.ranges[i]!, this.ranges[i + 1]!];
  }
}

function rangeSource([from, to]: readonly [from: number, to: number]): string {
  const escaped = (codePoint: number) => `\\u{${codePoint.toString(16)}}`;
  return from === to ? escaped(from) : `${escaped(from)}-${escaped(to)}`;
}

export const NEWLINE = CodePoints.of([[10, 10]]);
export const ANY = CodePoints.of([[0, LAST]]);

/** What Python's `str.isspace` holds true for. */
const SPACE_CLASS = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const CLASS_SOURCE = { w: WORD_CLASS, d: "\\p{Nd}", s: SPACE_CLASS } as const;
export type ClassLetter = keyof typeof CLASS_SOURCE;
const classes = new Map<ClassLetter, CodePoints>();

/**
 * `\w`, `\d` or `\s` with Python's Unicode meaning, as this engine's Unicode tables have it. Worked out once a
 * process, in about 50 ms.
 */
export function classOf(letter: ClassLetter): CodePoints {
  const known = classes.get(letter);
  if (known) return known;
  const source = `[${CLASS_SOURCE[letter]}]`;
  const member = new RegExp(source, "u");
  const pairs: [number, number][] = [];
  let from = -1;
  for (let codePoint = 0; codePoint <= LAST + 1; codePoint++) {
    const isMember = codePoint <= LAST && member.test(String.fromCodePoint(codePoint));
    if (isMember && from < 0) from = codePoint;
    if (isMember || from < 0) continue;
    pairs.push([from, codePoint - 1]);
    from = -1;
  }
  const set = CodePoints.of(pairs, source);
  classes.set(letter, set);
  return set;
}
