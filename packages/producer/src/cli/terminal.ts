import type { Writable } from "node:stream";
import { type ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { asCalled } from "./called-as";

export interface TerminalOptions {
  json?: boolean;
  quiet?: boolean;
  stdout?: Writable;
  stderr?: Writable & { isTTY?: boolean };
  env?: Readonly<Record<string, string | undefined>>;
}

// Built from character codes so that no control character stands in the source.
const CONTROL = new RegExp(
  `[${String.fromCharCode(0)}-${String.fromCharCode(31)}${String.fromCharCode(127)}-${String.fromCharCode(159)}]`,
  "g",
);

/** Text from outside as it may stand in one line of a terminal: control characters shown as `\xNN`. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/**
 * Where a command speaks: data on stdout, everything else on stderr. With `json` stdout holds exactly one
 * object; with `quiet` only errors are printed.
 */
export class Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  /** A person watches stderr: bars may be drawn. */
  readonly interactive: boolean;
  readonly color: boolean;
  readonly stderr: Writable;
  readonly #stdout: Writable;

  constructor(options: TerminalOptions = {}) {
    const env = options.env ?? process.env;
    const stderr = options.stderr ?? process.stderr;
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
    this.stderr = stderr;
    this.#stdout = options.stdout ?? process.stdout;
    const tty = stderr.isTTY === true && env["TERM"] !== "dumb";
    this.interactive = tty && !this.quiet && !env["CI"];
    this.color = tty && !env["NO_COLOR"];
  }

  /** A message for a person, on stderr; nothing with `--quiet`. */
  say(line: string): void {
    if (!this.quiet) this.stderr.write(`${asCalled(line)}\n`);
  }

  /** A warning: printed also with `--quiet`. */
  warn(line: string): void {
    this.stderr.write(`cola: ${this.paint(33, "warning:")} ${asCalled(line)}\n`);
  }

  /** What the command was asked for: the object with `--json`, else the text, whose commands are as this one was typed. */
  result(value: unknown, text: string): void {
    this.data(value, asCalled(text));
  }

  /** The same of a text that is data, such as the label of a text: it is printed as it is. */
  data(value: unknown, text: string): void {
    this.#stdout.write(this.json ? `${JSON.stringify(value)}\n` : text === "" ? "" : `${text}\n`);
  }

  /** The one line of a failure, and with `--json` the same as an object. */
  fail(error: ColaError): void {
    const message = asCalled(messageOf(error));
    if (this.json) {
      this.#stdout.write(`${JSON.stringify({ error_code: error.code, message })}\n`);
    }
    this.stderr.write(`cola: ${printable(message)}\n`);
  }

  bold(text: string): string {
    return this.paint(1, text);
  }

  green(text: string): string {
    return this.paint(32, text);
  }

  red(text: string): string {
    return this.paint(31, text);
  }

  dim(text: string): string {
    return this.paint(2, text);
  }

  paint(code: number, text: string): string {
    const introducer = String.fromCharCode(27);
    return this.color ? `${introducer}[${code}m${text}${introducer}[0m` : text;
  }
}
