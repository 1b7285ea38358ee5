// Our training of a file with the seed's settings, without MLflow, in a process of its own. Prints one JSON line.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(import.meta.dirname, "../../packages/trainer-worker/package.json"));
const { trainModel } = require("./dist/training/training.js");
const { trainJobSchema } = require("@colaml/shared/contracts/train");

const job = trainJobSchema.parse({ dataset: { path: process.argv[2] } });
const hooks = { progress: () => {}, signal: new AbortController().signal, maxMemoryMb: 2048 };
const { metrics, plan } = await trainModel(job, hooks);
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const { train, validation, test } = plan.rows;
console.log(
  JSON.stringify({
    rows: train + validation + test,
    accuracy: metrics.test.accuracy_score,
    f1: metrics.test.f1_score,
    rocAuc: metrics.test.roc_auc,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMb: maxRSS / 1024,
  }),
);
