import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { removeBuiltLeftovers } from "./built-leftovers.mjs";
import { compileKernel, kernelFile, kernelSources } from "./kernel.mjs";
import { isOwnCheckout, repoRoot, setupDir } from "./paths.mjs";
import { run, say } from "./run-command.mjs";
import { digestOfFiles, isStamped, stamp } from "./stamp.mjs";

const stampFile = join(setupDir, "build-stamp");
const packages = () => readdirSync(join(repoRoot, "packages")).map((name) => join("packages", name));

function wanted() {
  const sources = packages().flatMap((dir) =>
    ["src", "tsconfig.json", "package.json"].map((name) => join(dir, name)),
  );
  return digestOfFiles(
    [...sources, "tsconfig.base.json", "pnpm-lock.yaml"]
      .map((path) => join(repoRoot, path))
      .concat(kernelSources),
  );
}

export function buildIsReady() {
  const built = packages().every((dir) => existsSync(join(repoRoot, dir, "dist"))) && existsSync(kernelFile);
  // What may not be written to is run as it was built.
  return built && (!isOwnCheckout || isStamped(stampFile, wanted()));
}

/** Compiles the packages and the kernel; tests are left to `npm test`. */
export async function build() {
  if (buildIsReady()) return;
  say("building");
  const value = wanted();
  removeBuiltLeftovers();
  await run(process.execPath, [join(repoRoot, "node_modules/typescript/bin/tsc"), "-b", ...packages()]);
  await compileKernel();
  mkdirSync(setupDir, { recursive: true });
  stamp(stampFile, value);
}
