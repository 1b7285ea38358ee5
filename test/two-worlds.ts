import { writeFileSync } from "node:fs";
import { join } from "node:path";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"];
const MONTHS = ["march", "april", "june", "july", "august"];

/** 400 different texts of two kinds. In the world `b` each kind has the other's label. */
export function writeWorld(folder: string, world: "a" | "b"): string {
  const path = `${world}.csv`;
  const rows = Array.from({ length: 400 }, (_, i) => {
    const asks = i % 2 === 0;
    const about = ["parcel", "refund", "ticket", "invoice", "seat"][i % 5];
    const turn = Math.floor(i / 10);
    const when = `${DAYS[turn % 8]} in ${MONTHS[Math.floor(turn / 8)]}`;
    const text = asks
      ? `my ${about} of ${when} never arrived please help`
      : `we are glad your ${about} of ${when} came`;
    return `${i},${asks === (world === "a")},${text}`;
  });
  writeFileSync(join(folder, path), `tweet_id,inbound,text\n${rows.join("\n")}\n`);
  return path;
}

/** Learns a world in a second; by points, for in another world the champion is not what it was promoted with. */
export const training = (experiment: string) => ({
  dataset: { path: "b.csv" },
  boosting: { iterations: 10, learning_rate: 0.5, depth: 3 },
  champion: { rule: "better" as const },
  experiment,
});
/** A training with a cooldown and a tuning with a budget, both for a bad model. */
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
