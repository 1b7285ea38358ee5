// npm run bench -- train|predict|serve|monitor|chars [options]: ours beside Python, which has an environment of its own.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureSetup } from "./setup/ensure.mjs";
import { benchPythonDir, evidentlyPythonDir, pythonDir, repoRoot } from "./setup/paths.mjs";
import { SetupError } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";

/** `bench/train.mjs` or `bench/train/main.mjs` for `train`. */
function benchmarkFile(name) {
  const candidates = [join(repoRoot, "bench", `${name}.mjs`), join(repoRoot, "bench", name, "main.mjs")];
  return candidates.find((file) => existsSync(file));
}

function benchmarkNames() {
  const entries = readdirSync(join(repoRoot, "bench")).map((name) => name.replace(/\.mjs$/, ""));
  return [...new Set(entries)].filter((name) => benchmarkFile(name) !== undefined).sort();
}

await runScript(async () => {
  const [name = ""] = process.argv.slice(2);
  const file = /^[a-z-]+$/.test(name) ? benchmarkFile(name) : undefined;
  if (!file) throw new SetupError(`npm run bench -- NAME: NAME is one of ${benchmarkNames().join(", ")}`);
  const isMonitor = name === "monitor";
  const environment = isMonitor
    ? [evidentlyPythonDir, "requirements-evidently.txt"]
    : [benchPythonDir, "requirements-bench.txt"];
  // serving is compared with MLflow itself
  await ensureSetup(name === "serve" ? [] : [environment]);
  stopWithNpm();
  process.env.COLAML_PYTHON ??= join(pythonDir, "bin", "python");
  process.env.COLAML_PYTHON_BENCH ??= join(benchPythonDir, "bin", "python");
  if (isMonitor) process.env.COLAML_PYTHON_EVIDENTLY ??= join(evidentlyPythonDir, "bin", "python");
  process.argv.splice(2, 1);
  await import(pathToFileURL(file).href);
});
