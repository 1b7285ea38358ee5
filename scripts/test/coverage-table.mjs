import { relative } from "node:path";
import { repoRoot } from "../setup/paths.mjs";

/** `shared/mlflow` for packages/shared/src/mlflow/client.ts; two folders deep in the rooms of learning. */
function roomOf(path) {
  const [, name, , ...inside] = relative(repoRoot, path).split("/");
  const depth = inside[0] === "learning" ? 2 : 1;
  return [name, ...inside.slice(0, -1).slice(0, depth)].join("/");
}

const share = (run, all) => (all === 0 ? "-" : `${((100 * run) / all).toFixed(1)}%`);

/** Lines of each room, the one of which least was run first, then the sum. As Markdown. */
export function tableOfRooms(counts) {
  const rooms = new Map();
  const total = { files: 0, run: 0, all: 0 };
  for (const [path, lines] of counts) {
    const room = roomOf(path);
    if (!rooms.has(room)) rooms.set(room, { files: 0, run: 0, all: 0 });
    const values = Object.values(lines);
    for (const sum of [rooms.get(room), total]) {
      sum.files++;
      sum.all += values.length;
      sum.run += values.filter((count) => count > 0).length;
    }
  }
  const sorted = [...rooms].sort(([, a], [, b]) => a.run / a.all - b.run / b.all);
  const row = ([name, { files, run, all }]) =>
    `| ${name} | ${files} | ${all} | ${all - run} | ${share(run, all)} |`;
  return [
    "| room | files | lines | not run | run |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...[...sorted, ["all", total]].map(row),
  ].join("\n");
}

/** `packages/shared/src/mlflow/client.ts: 12-14, 30`, a line per file that has such lines, the longest lists first. */
export function listUncovered(counts) {
  const lists = [...counts].map(([path, lines]) => ({
    path: relative(repoRoot, path),
    lines: Object.keys(lines)
      .map(Number)
      .filter((line) => lines[line] === 0)
      .sort((a, b) => a - b),
  }));
  return lists
    .filter(({ lines }) => lines.length > 0)
    .sort((a, b) => b.lines.length - a.lines.length)
    .map(({ path, lines }) => `${path}: ${ranges(lines)}\n`)
    .join("");
}

function ranges(lines) {
  const found = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last && last[1] === line - 1) last[1] = line;
    else found.push([line, line]);
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(", ");
}
