// Writes `exports` of every package: the modules that something outside the package imports, by name and sorted.
//   node scripts/exports.mjs           write them
//   node scripts/exports.mjs --check   exit 1 if a package lists a module too many or too few
// Both exit 1 if a benchmark or script imports a module that does not exist: no compiler reads those.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCE = /\.(ts|mjs|js|py)$/;
const IMPORTED = /["']@colaml\/([a-z-]+)\/([a-z0-9/-]+)["']/g;

const packages = readdirSync(join(root, "packages")).sort();

function sourcesIn(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true })
    .filter((name) => SOURCE.test(name))
    .map((name) => join(path, name));
}

/** Modules of other packages that the sources in these folders of `owner` import. */
function importsOf(owner, folders, counts = () => true) {
  return folders
    .flatMap(sourcesIn)
    .filter(counts)
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(IMPORTED)])
    .map(([, name, module]) => ({ name, module }))
    .filter(({ name }) => name !== owner);
}

const imports = [
  ...packages.flatMap((owner) => importsOf(owner, [`packages/${owner}/src`])),
  // Jest and the compiler lead tests to unlisted modules as well; what Node itself runs has only the list.
  ...importsOf(undefined, ["bench", "scripts", "soak", "test"], (file) => !file.endsWith(".ts")),
];

const exists = (name, module) => existsSync(join(root, "packages", name, `src/${module}.ts`));
const modulesOf = (name) => imports.filter((found) => found.name === name).map(({ module }) => module);

function wantedExports(name) {
  const modules = modulesOf(name).filter((module) => exists(name, module));
  return Object.fromEntries(
    [...new Set(modules)].sort().map((module) => [`./${module}`, `./dist/${module}.js`]),
  );
}

const stale = packages.flatMap((name) => {
  const file = join(root, "packages", name, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const wanted = wantedExports(name);
  if (JSON.stringify(manifest.exports) === JSON.stringify(wanted)) return [];
  return [{ file, name, manifest, wanted }];
});

function describe({ name, manifest, wanted }) {
  const listed = Object.keys(manifest.exports ?? {});
  const missing = Object.keys(wanted).filter((module) => !listed.includes(module));
  const unused = listed.filter((module) => !(module in wanted));
  const parts = [
    missing.length > 0 ? `not listed but imported: ${missing.join(", ")}` : "",
    unused.length > 0 ? `listed but imported by nothing outside: ${unused.join(", ")}` : "",
  ].filter(Boolean);
  return `packages/${name}/package.json, exports: ${parts.join("; ") || "not sorted"}`;
}

for (const { name, module } of imports.filter((found) => !exists(found.name, found.module))) {
  console.error(
    `@colaml/${name}/${module} is imported, but packages/${name}/src/${module}.ts does not exist`,
  );
  process.exitCode = 1;
}
const isCheck = process.argv.includes("--check");
for (const one of stale) {
  if (isCheck) {
    console.error(`${describe(one)}: run node scripts/exports.mjs`);
    process.exitCode = 1;
  } else {
    writeFileSync(one.file, `${JSON.stringify({ ...one.manifest, exports: one.wanted }, null, 2)}\n`);
  }
}
