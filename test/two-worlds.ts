import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** 400 rows of two kinds of text. In the world `b` each kind has the other's label. */
export function writeWorld(folder: string, world: "a" | "b"): string {
  const path = `${world}.csv`;
  const rows = Array.from({ length: 400 }, (_, i) => {
    const asks = i % 2 === 0;
    const about = ["parcel", "refund", "ticket", "invoice", "seat"][i % 5];
    const text = asks ? `my ${about} never arrived please help` : `we are glad your ${about} came today`;
    return `${i},${asks === (world === "a")},${text}`;
  });
  writeFileSync(join(folder, path), `tweet_id,inbound,text\n${rows.join("\n")}\n`);
  return path;
}

/** Learns a world in a second. */
export const training = (experiment: string) => ({
  dataset: { path: "b.csv" },
  boosting: { iterations: 10, learning_rate: 0.5, depth: 3 },
  experiment,
});
/** A training with a cooldown and a tuning with a budget, both where the model is bad. */
export const rulesFor = (model: string) => [
  {
    name: "retrain",
    model,
    metric: "accuracy_score",
    comparison: "<",
    threshold: 0.7,
    severity: "critical",
    start: { job: "train", payload: training(model), cooldown: "6h", dailyBudget: 2, watchChecks: 2 },
  },
  {
    name: "search",
    model,
    metric: "f1_score",
    comparison: "<",
    threshold: 0.7,
    start: {
      job: "tune",
      payload: { ...training(model), trials: 2, space: { depth: [2, 3] } },
      cooldown: "0s",
      dailyBudget: 1,
      watchChecks: 2,
    },
  },
];
