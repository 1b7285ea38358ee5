// The contestants of the quality benchmark: each trains on a file in a process of its own, and prints a line of JSON.
import { join } from "node:path";

const here = import.meta.dirname;

/** ColaML by a preset. `seed` is that of the split. */
const preset = (name) => ({
  name: `preset ${name}`,
  command: (path, text, label, seed) => [
    process.execPath,
    [join(here, "ours.mjs"), path, text, label, name, seed],
  ],
});

/** ColaML's search. */
const search = (python, trials) => ({
  name: `tune, ${trials} trials`,
  command: (path, text, label) => [
    process.execPath,
    [join(here, "tune.mjs"), python, path, text, label, String(trials)],
  ],
});

/**
 * @param python of the benchmarks
 * @param others whether scikit-learn and CatBoost take part
 * @param trials of the search; 0: it does not take part
 */
export function contestants(python, others, trials) {
  const script = (name, file, ...more) => ({
    name,
    command: (path, text, label, seed) => [python, [join(here, file), path, text, label, ...more, seed]],
  });
  const ours = [preset("seed"), preset("best"), ...(trials > 0 ? [search(python, trials)] : [])];
  if (!others) return ours;
  return [
    ...ours,
    script("scikit-learn LinearSVC", "sklearn-linear.py", "one"),
    script("scikit-learn's best linear", "sklearn-linear.py", "best"),
    script("CatBoost, seed's settings", "catboost-seed.py"),
  ];
}
