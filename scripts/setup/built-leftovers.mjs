import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { repoRoot } from "./paths.mjs";

const BUILT = /(\.d\.ts|\.js)(\.map)?$/;

/** Removes what was built of sources that are gone: imports of it would still be found. */
export function removeBuiltLeftovers() {
  for (const name of readdirSync(join(repoRoot, "packages"))) {
    const [built, sources] = ["dist", "src"].map((part) => join(repoRoot, "packages", name, part));
    if (!existsSync(built) || !existsSync(sources)) continue;
    for (const path of readdirSync(built, { recursive: true }))
      if (BUILT.test(path) && !existsSync(join(sources, path.replace(BUILT, ".ts"))))
        rmSync(join(built, path));
  }
}
