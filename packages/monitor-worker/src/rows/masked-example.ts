/** What identifies somebody, and what stands for it. The order matters: an address of a page may hold an e-mail. */
const MASKS: readonly [RegExp, string][] = [
  [/\b(?:https?:\/\/|www\.)\S{1,2048}/giu, "[link]"],
  [/[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,5}/gu, "[e-mail]"],
  [/(?<![\p{L}\p{N}_])@[\p{L}\p{N}_]{1,64}(?:[.-][\p{L}\p{N}_]{1,64})*/gu, "[handle]"],
  [/\+?\p{Nd}(?:[\s().-]{0,2}\p{Nd}){5,}/gu, "[number]"],
];
const SHOWN = 200;
/** What is looked at: nothing behind it can be shown. */
const READ = 2_000;

/**
 * A text with handles, links, e-mails and telephone numbers (any run of six or more digits of any script, also within a word) masked, in one line of
 * at most 200 characters.
 *
 * @example maskedExample("@ana call +34 600 123 456") // "[handle] call [number]"
 */
export function maskedExample(text: string): string {
  let masked = text
    .slice(0, READ)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  for (const [pattern, mask] of MASKS) masked = masked.replace(pattern, mask);
  const characters = [...masked];
  return characters.length > SHOWN ? `${characters.slice(0, SHOWN).join("")}…` : masked;
}

export interface MistakeExample {
  /** Masked. */
  text: string;
  predicted: string;
  actual: string;
  probability: number;
}

const KEPT = 8;

/** The mistakes the model was surest of: what a person wants to look at first. Bounded, texts masked. */
export class MistakeExamples {
  readonly #kept: MistakeExample[] = [];

  add(text: string, predicted: string, actual: string, probability: number): void {
    if (this.#kept.length === KEPT && probability <= this.#kept.at(-1)!.probability) return;
    this.#kept.push({ text: maskedExample(text), predicted, actual, probability });
    this.#kept.sort((a, b) => b.probability - a.probability);
    if (this.#kept.length > KEPT) this.#kept.pop();
  }

  get list(): readonly MistakeExample[] {
    return this.#kept;
  }
}
