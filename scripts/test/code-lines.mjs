import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";

const COMMENT = /^\s*(\/\/|\/?\*)/;

/**
 * The lines of a source that the compiler made something of, counted from 1: no types, comments or empty lines.
 *
 * @param source its text
 * @param built what it became, with its source map
 */
function codeLines(source, built, map) {
  const places = new SourceMap(map);
  const found = new Set();
  for (const [row, line] of built.split("\n").entries()) {
    for (const { index } of line.matchAll(/\w+|[^\w\s]/g)) {
      const { originalLine } = places.findEntry(row, index);
      if (originalLine !== undefined) found.add(originalLine + 1);
    }
  }
  const texts = source.split("\n");
  return new Set([...found].filter((line) => !COMMENT.test(texts[line - 1])));
}

/** Counts by path and line without the lines that are not code. */
export function onlyCode(counts) {
  return new Map([...counts].map(([path, lines]) => [path, linesOf(path, lines)]));
}

function linesOf(path, lines) {
  const built = path.replace("/src/", "/dist/").replace(/\.ts$/, ".js");
  if (!existsSync(`${built}.map`)) return lines;
  const map = JSON.parse(readFileSync(`${built}.map`, "utf8"));
  const code = codeLines(readFileSync(path, "utf8"), readFileSync(built, "utf8"), map);
  return Object.fromEntries(Object.entries(lines).filter(([line]) => code.has(Number(line))));
}
