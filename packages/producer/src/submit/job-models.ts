import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { aliasUri, modelNameOf, modelUri } from "@colaml/shared/contracts/names";
import { modelSettings } from "@colaml/shared/settings/model-settings";
import { SAFE_NAME } from "@colaml/shared/settings/safe-name";
import type { PlacedJob } from "./job-places";
import type { JobQueues } from "./job-queues";

/** Payloads up to here are read many at a time, larger ones, which hold rows, one after the other. */
const SMALL_BYTES = 16_384;
/** KEYS: the jobs. ARGV: bytes of a small payload. A larger one is answered as an empty text. */
const READ_SMALL = `local payloads = {}
for i, key in ipairs(KEYS) do
  payloads[i] = redis.call("HSTRLEN", key, "data") <= tonumber(ARGV[1]) and redis.call("HGET", key, "data") or ""
end
return payloads`;

/** How much one page of a list reads to learn which jobs are about a model. */
export interface ModelBudget {
  /** Jobs that are asked for their model. */
  jobs: number;
  /** Characters of their payloads. */
  characters: number;
}

/** A tenth of the deadline of a request or less, with a Redis on the same network. */
export const MODEL_BUDGET: ModelBudget = { jobs: 5_000, characters: 16 * 1024 ** 2 };

/** Finds jobs that train, use or are about one registered model: no index has it, since other clients add jobs, too. */
export class ModelSearch {
  readonly #queues: JobQueues;
  readonly #model: string;
  readonly #budget: ModelBudget;
  /** Job -> the models of its payload. */
  readonly #models = new Map<string, readonly string[]>();
  #characters = 0;

  constructor(queues: JobQueues, model: string, budget: ModelBudget) {
    this.#queues = queues;
    this.#model = model;
    this.#budget = budget;
  }

  /** Whether as much was read as one page may. What was read once can still be asked for. */
  get isSpent(): boolean {
    return this.#models.size >= this.#budget.jobs || this.#characters >= this.#budget.characters;
  }

  /** Whether all of these jobs were asked before. */
  knows(jobs: readonly PlacedJob[]): boolean {
    return jobs.every(({ key }) => this.#models.has(key));
  }

  /** Those of the jobs that are about the model. A job that is gone by now is about none. */
  async find(jobs: readonly PlacedJob[]): Promise<PlacedJob[]> {
    await this.#read(jobs.filter(({ key }) => !this.#models.has(key)));
    return jobs.filter(({ key }) => this.#models.get(key)?.includes(this.#model));
  }

  async #read(jobs: readonly PlacedJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const { redis } = this.#queues;
    const keys = jobs.map(({ queue, id }) => this.#queues.queue(queue).toKey(id));
    const payloads = (await redis.eval(READ_SMALL, keys.length, ...keys, SMALL_BYTES)) as string[];
    for (const [index, { key, queue }] of jobs.entries()) {
      const json = payloads[index] === "" ? await redis.hget(keys[index]!, "data") : payloads[index];
      this.#characters += json?.length ?? 0;
      this.#models.set(key, modelsOf(queue, parsedJson(json)));
    }
  }
}

/** What a JSON text says; undefined if it is none: what another client wrote may be anything. */
export function parsedJson(json: string | null | undefined): unknown {
  try {
    return JSON.parse(json ?? "null");
  } catch {
    return undefined;
  }
}

const DEFAULT_URI = aliasUri(modelSettings.name.default, modelSettings.alias.default);

/** The models that a payload names; one that names none means the default. */
function modelsOf(queue: QueueName, payload: unknown): string[] {
  if (typeof payload !== "object" || payload === null || queue === "publish") return [];
  const { model, baseline, challenger, again } = payload as Record<string, unknown>;
  if (queue === "predict-dead") return modelsOf("predict", again);
  const named = queue === "compare" ? [baseline ?? DEFAULT_URI, challenger] : [model ?? DEFAULT_URI];
  return named.flatMap((name) => {
    if (typeof name !== "string") return [];
    if (SAFE_NAME.test(name)) return [name];
    return modelUri.safeParse(name).success ? [modelNameOf(name)] : [];
  });
}
