// Puts ColaML together as one npm package that runs without the checkout and needs no registry to be installed:
//   npm run pack      .colaml/pack/colaml-RELEASE.tgz
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyOwnPackages, installForRunning, settleManifests } from "./pack/bundled-packages.mjs";
import { ensureBuilt } from "./setup/ensure.mjs";
import { npmCommand, npmEnvironment } from "./setup/node-packages.mjs";
import { repoRoot, setupDir } from "./setup/paths.mjs";
import { run, say } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";

const packDir = join(setupDir, "pack");
const stage = join(packDir, "package");
/** What else of the checkout the package holds: documents, the schemas that `cola schema` prints, manifests, set-up of Python. */
const FILES = [
  "bin",
  "README.md",
  "README.es.md",
  "CHANGELOG.md",
  "LICENSE",
  "SECURITY.md",
  "docs",
  "examples",
  "deploy",
];
const SCRIPTS = ["requirements.txt", "setup-python.mjs"];
const SETUP = [
  "paths",
  "python-environment",
  "run-command",
  "run-script",
  "setup-lock",
  "stamp",
  "stop-with-npm",
];

function copyFiles() {
  for (const name of FILES) cpSync(join(repoRoot, name), join(stage, name), { recursive: true });
  const scripts = [...SCRIPTS, ...SETUP.map((name) => `setup/${name}.mjs`)];
  for (const name of scripts) cpSync(join(repoRoot, "scripts", name), join(stage, "scripts", name));
}

const checkoutManifest = () => JSON.parse(readFileSync(join(repoRoot, "package.json"), "utf8"));

function writeManifest(dependencies) {
  const { name, version, description, license, engines, bin } = checkoutManifest();
  const manifest = {
    ...{ name, version, description, license, engines, bin },
    files: ["scripts", ...FILES],
    dependencies,
    bundleDependencies: Object.keys(dependencies),
  };
  writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

await runScript(async () => {
  await ensureBuilt();
  rmSync(packDir, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  say("installing what the package bundles");
  await installForRunning(stage);
  const nodeModules = join(stage, "node_modules");
  copyOwnPackages(nodeModules);
  copyFiles();
  writeManifest(settleManifests(nodeModules, checkoutManifest().version));
  const [command, ...first] = npmCommand();
  const options = ["pack", "--silent", "--ignore-scripts", "--pack-destination", packDir];
  await run(command, [...first, ...options], { cwd: stage, env: npmEnvironment() });
  rmSync(stage, { recursive: true, force: true });
  const [tarball] = readdirSync(packDir);
  const megabytes = statSync(join(packDir, tarball)).size / 1e6;
  say(`${megabytes.toFixed(1)} MB`);
  process.stdout.write(`${join(packDir, tarball)}\n`);
});
