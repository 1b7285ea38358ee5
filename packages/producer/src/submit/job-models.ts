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

/**
 * The registered models that jobs train, use or are about, by the key of the job. A job that is gone by now has none.
 */
export async function readModels(
  queues: JobQueues,
  jobs: readonly PlacedJob[],
): Promise<Map<string, readonly string[]>> {
  const keys = jobs.map(({ queue, id }) => queues.queue(queue).toKey(id));
  const models = new Map<string, readonly string[]>();
  if (keys.length === 0) return models;
  const payloads = (await queues.redis.eval(READ_SMALL, keys.length, ...keys, SMALL_BYTES)) as string[];
  for (const [index, { key, queue }] of jobs.entries()) {
    const json = payloads[index] === "" ? await queues.redis.hget(keys[index]!, "data") : payloads[index];
    models.set(key, modelsOf(queue, parsedJson(json)));
  }
  return models;
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
