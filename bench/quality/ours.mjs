// Our training of a file by a preset, without MLflow, in a process of its own. Prints one JSON line.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(import.meta.dirname, "../../packages/trainer-worker/package.json"));
const { trainModel } = require("./dist/training/training.js");
const { trainJobSchema } = require("@colaml/shared/contracts/train");

const [path, text, label, preset, seed = "42"] = process.argv.slice(2);
const job = trainJobSchema.parse({
  dataset: { path },
  columns: { text, label },
  preset,
  preset_hint: "off",
  split: { random_seed: Number(seed) },
  // The others know all classes.
  min_class_rows: 1,
});
const hooks = { progress: () => {}, signal: new AbortController().signal, maxMemoryMb: 2048 };
const [started, before] = [performance.now(), process.cpuUsage()];
const { metrics, chosen, notes } = await trainModel(job, hooks);
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    accuracy: metrics.test.accuracy_score,
    macroF1: metrics.test.macro_f1,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMb: process.resourceUsage().maxRSS / 1024,
    chosen,
    notes,
  }),
);
