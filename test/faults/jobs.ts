import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TextPrediction } from "@colaml/shared/contracts/predict";
import { verifyReceipt } from "@colaml/shared/contracts/receipt";
import type { Deployment } from "./deployment";
import { pick, type Random } from "./schedule";
import { CHECKED_ROWS, TRAINING_FILE, type World } from "./world";

/** What is submitted again and again, as the table of a run names it. */
export const SUBMITTED_KINDS = ["batch", "texts", "train", "tune", "monitor", "labels", "compare"] as const;
export type SubmittedKind = (typeof SUBMITTED_KINDS)[number];
/** And what comes by itself: the checks of a schedule. */
export const JOB_KINDS = [...SUBMITTED_KINDS, "scheduled"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** What a job did to rows. */
export interface RowCounts {
  rows: number;
  lost: number;
  doubled: number;
}

/** What is wrong with a job's result. */
export interface Verdict {
  problems: string[];
  counts?: RowCounts;
}

/** A job to submit, and what its result must be. */
export interface Order {
  kind: JobKind;
  queue: string;
  payload: object;
  judge(result: unknown): Verdict | Promise<Verdict>;
}

/** Labels of one delivery; each shares half of them with the one before. */
const DELIVERY = 40;
const deliveredLabels = (number: number) =>
  Array.from({ length: DELIVERY }, (_, i) => {
    const id = (number * DELIVERY) / 2 + i;
    return { id: `t${id}`, label: id % 2 === 0 ? "True" : "False" };
  });
/** Different ids in the first `deliveries`. */
export const differentIds = (deliveries: number) =>
  deliveries === 0 ? 0 : ((deliveries + 1) * DELIVERY) / 2;

/** A training that takes a second; each has settings of its own, so that no two models are the same. */
export const trainingPayload = (model: string, number: number) => ({
  dataset: { path: TRAINING_FILE },
  boosting: { iterations: 5 + (number % 20), learning_rate: 0.5, depth: 3 },
  champion: { rule: "better" },
  model,
  experiment: model,
});

const order = (kind: JobKind, queue: string, payload: object, judge: Order["judge"]): Order => ({
  ...{ kind, queue, payload, judge },
});

/** A check of rows that the model has all right, or all wrong. */
export function checkOrder(
  kind: "monitor" | "scheduled",
  { model }: Deployment,
  { right, wrong }: World,
  isRight: boolean,
): Order {
  const path = isRight ? right : wrong;
  const payload = { input: { path }, model: `models:/${model}/1`, experiment: model };
  return order(kind, "monitor", payload, (result) => {
    const { accuracy_score } = (result as { metrics: { accuracy_score: number } }).metrics;
    return same("accuracy", accuracy_score, isRight ? 1 : 0);
  });
}

/** Makes the orders of each kind, by their number within the kind. */
export function ordersOf(
  deployment: Deployment,
  world: World,
): Record<SubmittedKind, (number: number, random: Random) => Order> {
  const { model } = deployment;
  const champion = `models:/${model}/1`;
  return {
    batch: (number, random) => batchOrder(deployment, world, number, random),
    texts(_number, random) {
      const asked = Array.from({ length: 5 }, () => pick(random, world.texts));
      const payload = { model: champion, texts: asked.map(({ text }) => text) };
      return order("texts", "predict", payload, (result) => {
        const labels = (result as { predictions: TextPrediction[] }).predictions.map(({ label }) => label);
        return same("labels", labels.join(), asked.map(({ label }) => label).join());
      });
    },
    train: (number) =>
      order("train", "train", trainingPayload(model, number), (result) =>
        same("model", (result as { model: string }).model, model),
      ),
    tune: (number) =>
      order(
        "tune",
        "tune",
        { ...trainingPayload(model, number), trials: 2, space: { depth: [2, 3] } },
        (result) => same("model", (result as { model: string }).model, model),
      ),
    monitor: (_number, random) => checkOrder("monitor", deployment, world, random() < 0.5),
    labels: (number) =>
      order("labels", "labels", { model, labels: deliveredLabels(number) }, (result) => {
        const { rows, added, changed, known } = result as Record<string, number>;
        return same("labels", `${rows} ${changed} ${added! + known!}`, `${DELIVERY} 0 ${DELIVERY}`);
      }),
    compare: () =>
      order(
        "compare",
        "compare",
        { baseline: champion, challenger: `models:/${model}/2`, input: { path: world.right } },
        (result) => same("rows with a label", (result as { labelled: number }).labelled, CHECKED_ROWS),
      ),
  };
}

const same = (what: string, found: unknown, expected: unknown): Verdict => ({
  problems: found === expected ? [] : [`${what}: ${String(found)} instead of ${String(expected)}`],
});

function batchOrder(deployment: Deployment, world: World, number: number, random: Random): Order {
  const { path, expected } = pick(random, world.inputs);
  const transport = random() < 0.3 ? "redis" : "file";
  const output = `batch-${number}.csv`;
  const payload = { input: { path }, output, transport, model: `models:/${deployment.model}/1` };
  return {
    ...{ kind: "batch", queue: "predict", payload },
    judge: (result) => judgeBatch(join(deployment.data, output), expected, result as { setAside?: string }),
  };
}

/** Every row once, in order and as a plain pass has it; chunks in the dead-letter queue are named, not lost. */
async function judgeBatch(
  output: string,
  expected: World["inputs"][number]["expected"],
  { setAside }: { setAside?: string },
): Promise<Verdict> {
  if (!existsSync(output)) return { problems: ["there is no output"] };
  const found = (await readFile(output, "utf8")).split("\n");
  const wanted = expected.text.split("\n");
  const seen = new Map<string, number>();
  for (const line of found) seen.set(line, (seen.get(line) ?? 0) + 1);
  const lost = wanted.filter((line) => !seen.has(line)).length;
  const doubled = [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
  const { problems } = await verifyReceipt(output);
  if (setAside !== undefined) problems.push(`a chunk is in the dead-letter queue: ${setAside}`);
  if (found.join("\n") !== expected.text) {
    const strange = found.filter((line) => !wanted.includes(line)).length;
    problems.push(`${lost} lines lost, ${doubled} doubled, ${strange} that a plain pass does not have`);
  }
  if (problems.length === 0) await removeOutput(output);
  return { problems, counts: { rows: expected.rows, lost, doubled } };
}

/** What was looked at goes, so that the disk of a long run stays small. */
async function removeOutput(output: string): Promise<void> {
  for (const ending of ["", ".rejected.csv", ".receipt.json"])
    await rm(`${output}${ending}`, { force: true });
}
