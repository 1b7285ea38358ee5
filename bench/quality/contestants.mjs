// The contestants of the quality benchmark: each trains on a file in a process of its own, and prints a line of JSON.
import { join } from "node:path";

const here = import.meta.dirname;

/** ColaML by a preset. */
const preset = (name) => ({
  name: `preset ${name}`,
  command: (path, text, label) => [process.execPath, [join(here, "ours.mjs"), path, text, label, name]],
});

const search = {
  name: "tune, 20 trials",
  command: (...columns) => [process.execPath, [join(here, "tune.mjs"), ...columns]],
};

/** @param python of the benchmarks @param others whether scikit-learn and CatBoost take part @param tune whether the search does */
export function contestants(python, others, tune) {
  const script = (name, file, ...more) => ({
    name,
    command: (path, text, label) => [python, [join(here, file), path, text, label, ...more]],
  });
  const ours = [preset("seed"), preset("best"), ...(tune ? [search] : [])];
  if (!others) return ours;
  return [
    ...ours,
    script("LinearSVC", "sklearn-linear.py", "one"),
    script("linear, C chosen", "sklearn-linear.py", "best"),
    script("CatBoost", "catboost-seed.py"),
  ];
}
