/** What the rules of `records/dialect` say, written plainly over a string, for tests to compare with. */
export interface PlainRecord {
  status: "record" | "broken-quote" | "too-long";
  line: number;
  fields: string[];
}

const LIMIT = 1_048_576;

function parseField(text: string, at: number, delimiter: string): { value: string; end: number } | "broken" {
  if (text[at] !== '"') {
    let end = at;
    while (end < text.length && text[end] !== delimiter && text[end] !== "\n") end++;
    return { value: text.slice(at, end), end };
  }
  let value = "";
  let i = at + 1;
  for (; i < text.length; i++) {
    if (text[i] !== '"') value += text[i];
    else if (text[i + 1] === '"') {
      value += '"';
      i++;
    } else break;
  }
  if (i >= text.length || Buffer.byteLength(text.slice(at, i)) > LIMIT) return "broken";
  const rest = text.slice(i + 1, i + 3);
  const fine = rest === "" || rest[0] === delimiter || rest[0] === "\n" || rest === "\r" || rest === "\r\n";
  return fine ? { value, end: i + 1 } : "broken";
}

function parseRecord(
  text: string,
  start: number,
  delimiter: string,
): { fields: string[]; end: number } | "broken" {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const field = parseField(text, at, delimiter);
    if (field === "broken") return "broken";
    fields.push(field.value);
    at = field.end;
    if (text[at] === delimiter) at++;
    else break;
  }
  if (text[at] === "\r") return { fields, end: at + 1 };
  const last = fields.length - 1;
  if (text[start] !== undefined && text[at - 1] === "\r" && fields[last]!.endsWith("\r")) {
    fields[last] = fields[last]!.slice(0, -1);
  }
  return { fields, end: at };
}

/** Every record of `text` in order. */
export function parsePlainly(text: string, delimiter = ","): PlainRecord[] {
  const records: PlainRecord[] = [];
  let at = 0;
  let line = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    if (rest[0] === "\n" || rest === "\r\n" || rest === "\r") {
      at += rest[0] === "\n" ? 1 : 2;
      line++;
      continue;
    }
    const parsed = parseRecord(text, at, delimiter);
    let end = parsed === "broken" ? text.indexOf("\n", at) : parsed.end;
    if (parsed === "broken") end = brokenEnd(text, at, delimiter);
    const tooLong = Buffer.byteLength(text.slice(at, end).replace(/\r$/, "")) > LIMIT;
    records.push({
      status: parsed === "broken" ? "broken-quote" : tooLong ? "too-long" : "record",
      line,
      fields: parsed === "broken" ? [] : parsed.fields,
    });
    line += text.slice(at, end).split("\n").length;
    at = end + 1;
  }
  return records;
}

/** The line end that follows the opening quote of the field that is broken. */
function brokenEnd(text: string, start: number, delimiter: string): number {
  let at = start;
  for (;;) {
    const field = parseField(text, at, delimiter);
    if (field === "broken") {
      const end = text.indexOf("\n", at);
      return end < 0 ? text.length : end;
    }
    at = field.end + 1;
  }
}
