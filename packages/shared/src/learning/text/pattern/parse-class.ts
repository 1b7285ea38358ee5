import { CodePoints } from "./code-points";
import { ignoringCase } from "./ignored-case";
import { parseEscape } from "./parse-escape";
import type { PatternReader } from "./pattern-reader";

/** One end of what may be a range, or a class such as `\w`, which cannot be. */
type Member = { codePoint: number } | { set: CodePoints };

/**
 * Reads a class behind its opening bracket.
 *
 * @throws ColaError PARAMETER_INVALID
 */
export function parseClass(reader: PatternReader, ignoreCase: boolean): CodePoints {
  const isNegated = reader.takeIf("^");
  let listed: CodePoints | undefined;
  const ranges: [number, number][] = [];
  const first = reader.at;
  // A bracket that comes first stands for itself.
  while (reader.next !== "]" || reader.at === first) {
    const from = parseMember(reader);
    if (reader.startsWith("-]") || !reader.takeIf("-")) {
      if ("set" in from) listed = listed?.union(from.set) ?? from.set;
      else ranges.push([from.codePoint, from.codePoint]);
      continue;
    }
    const to = parseMember(reader);
    if ("set" in from || "set" in to) return reader.invalid("a range in a class ends at a class such as \\w");
    if (to.codePoint < from.codePoint) return reader.invalid("a range in a class runs backwards");
    ranges.push([from.codePoint, to.codePoint]);
  }
  reader.take();
  const named = ignoreCase ? ignoringCase(CodePoints.of(ranges)) : CodePoints.of(ranges);
  const set = listed === undefined ? named : ranges.length === 0 ? listed : listed.union(named);
  return isNegated ? set.complement() : set;
}

function parseMember(reader: PatternReader): Member {
  const character = reader.take();
  if (character === "") return reader.invalid("a [ without its ]");
  if (character !== "\\") return { codePoint: character.codePointAt(0)! };
  const read = parseEscape(reader, true);
  if (read.kind === "class") return { set: read.set };
  if (read.kind === "character") return { codePoint: read.codePoint };
  return reader.invalid("an assertion in a class");
}
