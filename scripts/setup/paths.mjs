import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where ColaML lies: a checkout, or the folder of the installed package. */
export const repoRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** A checkout that may be written to: what setup makes lies in it, and its state, too. */
export const isOwnCheckout = existsSync(join(repoRoot, "pnpm-workspace.yaml")) && isWritable(repoRoot);

/** What setup makes besides node_modules and dist: Python environments, stamps, the lock. */
export const setupDir = isOwnCheckout ? join(repoRoot, ".colaml") : userCache();

/** The Python environment of MLflow and of the fallback Redis. */
export const pythonDir = pythonFolder();
/** What tests compare with: bullmq's Python client, scikit-learn, xgboost. */
export const testPythonDir = join(setupDir, "python-test");
/** The Python original of the benchmarks. */
export const benchPythonDir = join(setupDir, "python-bench");
/** What the monitor's benchmark compares with: it needs another pandas. */
export const evidentlyPythonDir = join(setupDir, "python-evidently");
/** pip-audit, for `npm run audit`. */
export const auditPythonDir = join(setupDir, "python-audit");
/** Spark and Ray, for `npm run test:engines`. */
export const enginesPythonDir = join(setupDir, "python-engines");

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function userCache() {
  const given = process.env.XDG_CACHE_HOME;
  return join(given?.startsWith("/") ? given : join(homedir(), ".cache"), "colaml");
}

/** In the user's cache an environment is named by what is in it: releases that need others do not replace it. */
function pythonFolder() {
  if (isOwnCheckout) return join(setupDir, "python");
  const requirements = readFileSync(join(repoRoot, "scripts", "requirements.txt"));
  return join(setupDir, `python-${createHash("sha256").update(requirements).digest("hex").slice(0, 12)}`);
}
