import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mergeProcessCovs } from "@bcoe/v8-coverage";
import istanbul from "istanbul-lib-coverage";
import v8ToIstanbul from "v8-to-istanbul";
import { repoRoot } from "../setup/paths.mjs";

const built = join(repoRoot, "packages");
const isOurs = ({ url }) =>
  url.startsWith("file://") && /\/packages\/[^/]+\/dist\/.*\.js$/.test(url) && url.includes(built);

/** What processes that tests start ran of packages/*\/dist, by the files that Node writes at their end. */
export class ProcessCoverage {
  #folder;
  #merged = { result: [] };

  constructor(folder) {
    this.#folder = folder;
  }

  /** Takes in and removes the files that are complete. */
  harvest() {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const found = parsed(path);
      if (found === undefined) continue;
      const ours = found.result.filter(isOurs);
      if (ours.length > 0) this.#merged = mergeProcessCovs([this.#merged, { result: ours }]);
      rmSync(path);
    }
  }

  /**
   * Lines of the sources and how often each was run, by what the processes and jest itself ran.
   *
   * @param ofJest the coverage that jest reports as JSON, which has every file
   * @returns by path from the root: an object from line to count
   */
  async lines(ofJest) {
    this.harvest();
    const map = istanbul.createCoverageMap(ofJest);
    const counts = new Map(map.files().map((path) => [path, map.fileCoverageFor(path).getLineCoverage()]));
    for (const { url, functions } of this.#merged.result) {
      const converter = v8ToIstanbul(fileURLToPath(url), 0);
      await converter.load();
      converter.applyCoverage(functions);
      const more = istanbul.createCoverageMap(converter.toIstanbul());
      for (const path of more.files()) add(counts, path, more.fileCoverageFor(path).getLineCoverage());
    }
    return counts;
  }
}

function add(counts, path, lines) {
  const known = counts.get(path) ?? {};
  for (const [line, count] of Object.entries(lines)) known[line] = (known[line] ?? 0) + count;
  counts.set(path, known);
}

/** undefined: still being written. */
function parsed(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
