import { refusePattern } from "./pattern-refusal";

/** Goes over a pattern one code point at a time. */
export class PatternReader {
  at = 0;
  readonly #characters: readonly string[];

  constructor(readonly pattern: string) {
    this.#characters = Array.from(pattern);
  }

  /** The next character, "" at the end. */
  get next(): string {
    return this.#characters[this.at] ?? "";
  }

  startsWith(text: string): boolean {
    return this.#characters.slice(this.at, this.at + text.length).join("") === text;
  }

  take(): string {
    return this.#characters[this.at++] ?? "";
  }

  /** Takes `text` if it comes next. */
  takeIf(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Takes characters of a kind, at most this many. */
  takeRun(kind: RegExp, most = Number.POSITIVE_INFINITY): string {
    let run = "";
    while (run.length < most && kind.test(this.next)) run += this.take();
    return run;
  }

  /** PARAMETER_INVALID: it is not a regular expression. */
  invalid(why: string): never {
    return refusePattern(this.pattern, `it is not a regular expression: ${why}`);
  }

  /** PARAMETER_INVALID: it may be one, but we do not take it. */
  unsupported(what: string): never {
    return refusePattern(this.pattern, `${what} is not supported`, true);
  }
}
