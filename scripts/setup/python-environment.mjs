import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { repoRoot } from "./paths.mjs";
import { run, SetupError, say } from "./run-command.mjs";
import { digestOf, isStamped, stamp } from "./stamp.mjs";

const LEAST_PYTHON = [3, 10];
const CANDIDATES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

function paths(dir, requirements) {
  const file = join(repoRoot, "scripts", requirements);
  return { python: join(dir, "bin", "python"), stampFile: join(dir, ".colaml-stamp"), file };
}

// A virtual environment knows its own path: one that was moved or copied is made anew.
const wanted = (dir, file) => digestOf(dir, readFileSync(file));

export function pythonIsReady(dir, requirements) {
  const { python, stampFile, file } = paths(dir, requirements);
  return existsSync(python) && isStamped(stampFile, wanted(dir, file));
}

/**
 * Makes a virtual environment with the packages of a requirements file in `scripts/`, by uv: it takes seconds if
 * pip takes a minute. Half an environment has no stamp and is made anew.
 */
export async function installPython(dir, requirements) {
  if (pythonIsReady(dir, requirements)) return;
  const { python, stampFile, file } = paths(dir, requirements);
  const system = await findPython();
  say(`installing the Python packages of scripts/${requirements} into ${dir}, once`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dirname(dir), { recursive: true });
  await makeEnvironment(system, dir);
  await installPackages(python, file);
  stamp(stampFile, wanted(dir, file));
}

async function makeEnvironment(system, dir) {
  const withoutPip = "on Debian and Ubuntu: apt install python3-venv";
  await run(system, ["-c", "import venv, ensurepip"], {
    hint: `Python has no venv module with pip; ${withoutPip}`,
  });
  await run(system, ["-m", "venv", dir], { hint: withoutPip });
}

/** pip knows the user's index, proxy and certificates from its own settings; uv gets them from us. */
async function installPackages(python, file) {
  const hint = "check the network and pip's index settings (PIP_INDEX_URL)";
  const pip = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"];
  const env = uvEnvironment(await pipSettings(python));
  try {
    await run(python, [...pip, "uv"], { hint });
    await run(join(dirname(python), "uv"), ["pip", "install", "--quiet", "--python", python, "-r", file], {
      env,
    });
  } catch (error) {
    say(`${basename(error.message.split("\n")[0])}: trying pip instead of uv`);
    await run(python, [...pip, "--retries", "1", "-r", file], { hint });
  }
}

/** pip's settings by name, from its files and its environment. */
async function pipSettings(python) {
  const text = await run(python, ["-m", "pip", "config", "list"]).catch(() => "");
  const lines = text
    .split("\n")
    .map((line) => /^(?:global|install|:env:)\.([a-z-]+)='(.*)'$/.exec(line.trim()));
  return new Map(lines.filter(Boolean).map(([, name, value]) => [name, value]));
}

function uvEnvironment(pip) {
  const env = { ...process.env, UV_NO_PROGRESS: "1" };
  const tell = (name, setting) => {
    const value = pip.get(setting);
    if (value && !env[name]) env[name] = value;
  };
  tell("UV_DEFAULT_INDEX", "index-url");
  tell("UV_INDEX", "extra-index-url");
  tell("UV_FIND_LINKS", "find-links");
  tell("SSL_CERT_FILE", "cert");
  return env;
}

async function findPython() {
  const seen = [];
  for (const command of CANDIDATES) {
    if (!isOnPath(command)) continue;
    const text = await run(command, ["-c", "import sys; print(*sys.version_info[:2])"]).catch(() => "");
    const [major, minor] = text.trim().split(" ").map(Number);
    if (major === LEAST_PYTHON[0] && minor >= LEAST_PYTHON[1]) return command;
    if (major) seen.push(`${command} is ${major}.${minor}`);
  }
  const found = seen.length > 0 ? seen.join(", ") : "there is none on PATH";
  throw new SetupError(
    `MLflow needs Python ${LEAST_PYTHON.join(".")} or newer as python3: ${found}; install it and try again`,
  );
}

function isOnPath(command) {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .some((dir) => dir !== "" && existsSync(join(dir, command)));
}
