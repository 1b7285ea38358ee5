/**
 * One record of newline-delimited JSON. A cell keeps the text of its source: `850006245121695744`, `1.0` and `1e3`
 * are not what a JavaScript number would make of them.
 */
export class JsonRecord {
  readonly #source: string;
  readonly #values: Map<string, unknown>;
  #spans: Map<string, [number, number]> | undefined;

  private constructor(source: string, values: Map<string, unknown>) {
    this.#source = source;
    this.#values = values;
  }

  /** The record of a line; undefined if the line is not a JSON object. */
  static parse(line: string): JsonRecord | undefined {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
      // a map, because `__proto__` is a name like any other
      return new JsonRecord(line, new Map(Object.entries(value)));
    } catch {
      return undefined;
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  /** A text or a label: a string, or a number, `true` or `false` as written; blank for null, lists and objects. */
  text(name: string): string {
    const value = this.#values.get(name);
    return typeof value === "object" ? "" : this.copied(name);
  }

  /** A cell that is copied: as `text`, and lists and objects as written. */
  copied(name: string): string {
    const value = this.#values.get(name);
    if (typeof value === "string") return value;
    if (value === undefined || value === null) return "";
    if (typeof value === "boolean") return String(value);
    this.#spans ??= memberSpans(this.#source);
    const [start, end] = this.#spans.get(name)!;
    return this.#source.slice(start, end);
  }
}

/** Where the value of each member of a sound JSON object stands in its source. Of a name that occurs twice, the last. */
function memberSpans(source: string): Map<string, [number, number]> {
  const spans = new Map<string, [number, number]>();
  let at = source.indexOf("{") + 1;
  for (;;) {
    at = source.indexOf('"', at);
    if (at < 0) return spans;
    const nameEnd = stringEnd(source, at);
    const name: unknown = JSON.parse(source.slice(at, nameEnd));
    const start = skipSpace(source, source.indexOf(":", nameEnd) + 1);
    at = valueEnd(source, start);
    spans.set(String(name), [start, at]);
    at = source.indexOf(",", at) + 1;
    if (at === 0) return spans;
  }
}

/** Behind the closing quote of the string that opens at `at`. */
function stringEnd(source: string, at: number): number {
  for (let i = at + 1; ; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === '"') return i + 1;
  }
}

function skipSpace(source: string, at: number): number {
  let i = at;
  while (/\s/.test(source[i]!)) i++;
  return i;
}

/** Behind the value that begins at `at`. */
function valueEnd(source: string, at: number): number {
  let depth = 0;
  let i = at;
  while (i < source.length) {
    const char = source[i]!;
    if (char === '"') {
      i = stringEnd(source, i);
      if (depth === 0) return i;
      continue;
    }
    if (char === "{" || char === "[") depth++;
    else if (depth === 0 && /[\s,}\]]/.test(char)) return i;
    else if (char === "}" || char === "]") {
      depth--;
      if (depth === 0) return i + 1;
    }
    i++;
  }
  return i;
}
