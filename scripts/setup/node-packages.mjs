import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isOwnCheckout, repoRoot } from "./paths.mjs";
import { run, say } from "./run-command.mjs";
import { digestOf, isStamped, stamp } from "./stamp.mjs";

const stampFile = join(repoRoot, "node_modules", ".colaml-stamp");

function wanted() {
  const packages = readdirSync(join(repoRoot, "packages")).map((name) => `packages/${name}/package.json`);
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...packages];
  // The path counts: pnpm's links into a folder that was moved or copied lead back to the old one.
  return digestOf(
    process.platform,
    process.arch,
    repoRoot,
    ...files.map((file) => readFileSync(join(repoRoot, file))),
  );
}

/** `pnpm@VERSION`, as package.json names it for every tool. */
export const pnpmVersion = () =>
  JSON.parse(readFileSync(join(repoRoot, "package.json"), "utf8")).packageManager;

export function nodePackagesAreReady() {
  // What may not be written to is run with what is there.
  if (!isOwnCheckout) return existsSync(stampFile);
  return isStamped(stampFile, wanted());
}

/** Installs what the lockfile says, with a pnpm that npm fetches for this one call. */
export async function installNodePackages() {
  if (nodePackagesAreReady()) return;
  say("installing the Node packages of pnpm-lock.yaml");
  const [command, ...first] = npmCommand();
  await run(
    command,
    [
      ...first,
      "exec",
      "--yes",
      pnpmVersion(),
      "--",
      "install",
      "--frozen-lockfile",
      "--config.confirmModulesPurge=false",
    ],
    { env: npmEnvironment(), hint: "check the network and npm's registry setting" },
  );
  stamp(stampFile, wanted());
}

/** The npm that runs us if there is one: it may not be on PATH. */
export function npmCommand() {
  const running = process.env.npm_execpath ?? "";
  return basename(running) === "npm-cli.js" ? [process.execPath, running] : ["npm"];
}

/** Without what an outer npm says of its own call (`--prefix`, `--json`): the inner one would follow it. */
export function npmEnvironment() {
  const outer =
    /^npm_(package_|lifecycle_|command$|config_(prefix|local_prefix|global|json|workspaces?|loglevel)$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}
