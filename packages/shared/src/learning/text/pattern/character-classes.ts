import type { CodePoints } from "./code-points";

const PAGE = 256;
/** The class of what is in none of the sets, and of what lies before and behind the text. */
export const NO_CLASS = 0;

/**
 * Code points that are in the same of some sets are one class: what a machine asks per character is one look-up.
 * Answers are worked out by pages of 256 code points when first asked for.
 */
export class CharacterClasses {
  /** For each class, which of the sets hold its code points: nSets flags. */
  readonly members: Uint8Array[] = [];
  readonly #sets: readonly CodePoints[];
  readonly #known = new Map<string, number>();
  readonly #pages: (Uint16Array | undefined)[] = new Array(0x110000 / PAGE).fill(undefined);

  constructor(sets: readonly CodePoints[]) {
    this.#sets = sets;
    this.#classOf(sets.map(() => 0));
  }

  /** O(1). */
  of(codePoint: number): number {
    return (this.#pages[codePoint >>> 8] ?? this.#workOut(codePoint >>> 8))[codePoint & 0xff]!;
  }

  #workOut(page: number): Uint16Array {
    const classes = new Uint16Array(PAGE);
    for (let i = 0; i < PAGE; i++) {
      classes[i] = this.#classOf(this.#sets.map((set) => (set.has(page * PAGE + i) ? 1 : 0)));
    }
    this.#pages[page] = classes;
    return classes;
  }

  #classOf(flags: number[]): number {
    const key = flags.join("");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.members.length);
    return this.members.push(Uint8Array.from(flags)) - 1;
  }
}
