import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the repository lies; every script works from there. */
export const repoRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** What setup makes besides node_modules and dist: Python environments, stamps, the lock. */
export const setupDir = join(repoRoot, ".colaml");

/** The Python environment of MLflow and of the fallback Redis. */
export const pythonDir = join(setupDir, "python");
/** What tests compare with: bullmq's Python client, scikit-learn, xgboost. */
export const testPythonDir = join(setupDir, "python-test");
/** The Python original of the benchmarks. */
export const benchPythonDir = join(setupDir, "python-bench");
/** What the monitor's benchmark compares with: it needs another pandas. */
export const evidentlyPythonDir = join(setupDir, "python-evidently");
/** Spark and Ray, for `npm run test:engines`. */
export const enginesPythonDir = join(setupDir, "python-engines");
