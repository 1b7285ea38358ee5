import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmCommand, npmEnvironment, pnpmVersion } from "../setup/node-packages.mjs";
import { repoRoot } from "../setup/paths.mjs";
import { run } from "../setup/run-command.mjs";

/** Types and source maps: a third of the files, and nothing that runs reads them. */
const isForCompilers = (path) => /\.(map|d\.[cm]?ts)$/.test(path);

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));
const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/**
 * Installs what the lockfile says for running, flat and without links, into `folder`/node_modules.
 *
 * @param folder where the package is put together
 */
export async function installForRunning(folder) {
  const packages = readdirSync(join(repoRoot, "packages"));
  for (const file of [
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "package.json",
    ...packages.map((name) => `packages/${name}/package.json`),
  ])
    cpSync(join(repoRoot, file), join(folder, file));
  const [command, ...first] = npmCommand();
  const options = ["--prod", "--no-optional", "--frozen-lockfile", "--prefer-offline"];
  await run(
    command,
    [
      ...[...first, "exec", "--yes", pnpmVersion(), "--", "install", ...options],
      // Copied: a link to the store's file would change the store with the manifest that is written below.
      ...["--config.nodeLinker=hoisted", "--config.packageImportMethod=copy"],
    ],
    { cwd: folder, env: npmEnvironment(), hint: "check the network and npm's registry setting" },
  );
  for (const name of ["packages", "pnpm-lock.yaml", "pnpm-workspace.yaml", "node_modules/@colaml"])
    rmSync(join(folder, name), { recursive: true, force: true });
  for (const name of readdirSync(join(folder, "node_modules"), { recursive: true }))
    if (isForCompilers(name)) rmSync(join(folder, "node_modules", name));
}

/** The packages below a node_modules folder by name, those inside of others too, with their folders. */
function installed(nodeModules) {
  return readdirSync(nodeModules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .flatMap(({ name }) =>
      name.startsWith("@") ? readdirSync(join(nodeModules, name)).map((inner) => `${name}/${inner}`) : [name],
    )
    .flatMap((name) => {
      const folder = join(nodeModules, name);
      const inner = join(folder, "node_modules");
      return [{ name, folder }, ...(readdirSync(folder).includes("node_modules") ? installed(inner) : [])];
    });
}

/**
 * Makes the manifests say what lies there, and nothing else: npm would fetch what the workspace's overrides leave out,
 * and what is bundled runs no install script.
 *
 * @returns the packages at the top with their versions
 */
export function settleManifests(nodeModules, release) {
  const all = installed(nodeModules);
  const byFolder = new Map(
    all.map(({ folder }) => [folder, readJson(join(folder, "package.json")).version ?? release]),
  );
  for (const { folder } of all) {
    const file = join(folder, "package.json");
    const manifest = readJson(file);
    for (const part of [
      "scripts",
      "devDependencies",
      "optionalDependencies",
      "peerDependencies",
      "peerDependenciesMeta",
    ])
      delete manifest[part];
    const wanted = Object.keys(manifest.dependencies ?? {}).flatMap((name) => {
      const version =
        byFolder.get(join(folder, "node_modules", name)) ?? byFolder.get(join(nodeModules, name));
      return version === undefined ? [] : [[name, version]];
    });
    writeJson(file, {
      ...manifest,
      version: manifest.version ?? release,
      dependencies: Object.fromEntries(wanted),
    });
  }
  return Object.fromEntries(
    all
      .filter(({ name, folder }) => folder === join(nodeModules, name))
      .map(({ name, folder }) => [name, byFolder.get(folder)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Puts the five packages themselves among them: what was built, without maps and types. */
export function copyOwnPackages(nodeModules) {
  for (const name of readdirSync(join(repoRoot, "packages"))) {
    const from = join(repoRoot, "packages", name);
    const to = join(nodeModules, "@colaml", name);
    mkdirSync(to, { recursive: true });
    for (const part of readdirSync(from).filter((entry) => ["dist", "python", "page-assets"].includes(entry)))
      cpSync(join(from, part), join(to, part), { recursive: true, filter: (path) => !isForCompilers(path) });
    cpSync(join(from, "package.json"), join(to, "package.json"));
  }
}
