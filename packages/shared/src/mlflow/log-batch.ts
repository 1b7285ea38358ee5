/** What MLflow takes in one log-batch call: this many of each, 1000 in all, and 1 MB of body. */
const MOST = { metrics: 700, params: 100, tags: 100 };
const MOST_BYTES = 900_000;
/** Longest values MLflow takes, in UTF-16 code units here and characters there. */
const MAX_PARAM_LENGTH = 6_000;
const MAX_TAG_LENGTH = 8_000;
/** Longest name of a metric, param or tag. */
const MAX_KEY_LENGTH = 250;

export interface Metric {
  key: string;
  value: number;
  /** Iteration; 0 if a metric has one value only. */
  step?: number;
  /** Milliseconds since 1970. */
  timestamp?: number;
  /** One of the run's datasets, by name and digest, that it was measured on. */
  dataset?: { name: string; digest: string };
}
export interface KeyValue {
  key: string;
  value: string;
}
/** What one call can log to a run. */
export interface RunData {
  metrics?: readonly Metric[];
  /** Logged model that metrics with a dataset are also those of. */
  modelId?: string;
  params?: readonly KeyValue[];
  tags?: readonly KeyValue[];
}

/** A metric in a log-batch body. */
interface LoggedMetric extends Required<Omit<Metric, "dataset">> {
  dataset_name?: string;
  dataset_digest?: string;
  model_id?: string;
}

/** Body of one runs/log-batch call, without its run. */
export interface LogBatch {
  metrics: LoggedMetric[];
  params: KeyValue[];
  tags: KeyValue[];
}

/**
 * A name as MLflow takes it: letters, digits, `_`, `-`, `.`, `:`, `/` and spaces of ASCII; any other character
 * becomes its code point in hex, so that two class labels keep two names.
 *
 * @example safeKey("f1_score_año") // "f1_score_a-u00f1-o"
 */
export function safeKey(key: string): string {
  const hexOf = (sign: string) => `-u${sign.codePointAt(0)!.toString(16).padStart(4, "0")}-`;
  const name = key.replace(/[^A-Za-z0-9_\-.:/ ]/gu, hexOf);
  return name.slice(0, MAX_KEY_LENGTH) || "unnamed";
}

/** A value no longer than MLflow takes; what is cut shows as `...`. */
export function clip(value: string, most: number): string {
  return value.length <= most ? value : `${value.slice(0, most - 3)}...`;
}

export const clipParam = ({ key, value }: KeyValue): KeyValue => ({
  key: safeKey(key),
  value: clip(value, MAX_PARAM_LENGTH),
});
export const clipTag = ({ key, value }: KeyValue): KeyValue => ({
  key: safeKey(key),
  value: clip(value, MAX_TAG_LENGTH),
});

/**
 * Everything to log, in as many bodies as MLflow's limits need. A metric that is not a finite number is left out:
 * unknown is absent, and MLflow would refuse the whole call.
 *
 * @param now timestamp of metrics that have none, in milliseconds since 1970
 */
export function logBatches(data: RunData, now: number): LogBatch[] {
  const batches: LogBatch[] = [];
  let bytes = 0;
  const put = <K extends keyof LogBatch>(kind: K, item: LogBatch[K][number]): void => {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    const last = batches.at(-1);
    const fits = last !== undefined && last[kind].length < MOST[kind] && bytes + size <= MOST_BYTES;
    const batch = fits ? last : { metrics: [], params: [], tags: [] };
    if (!fits) {
      batches.push(batch);
      bytes = 0;
    }
    bytes += size;
    (batch[kind] as LogBatch[K][number][]).push(item);
  };
  for (const param of data.params ?? []) put("params", clipParam(param));
  for (const tag of data.tags ?? []) put("tags", clipTag(tag));
  for (const { key, value, step = 0, timestamp = now, dataset } of data.metrics ?? []) {
    if (!Number.isFinite(value)) continue;
    const measuredOn = dataset && {
      dataset_name: dataset.name,
      dataset_digest: dataset.digest,
      ...(data.modelId === undefined ? {} : { model_id: data.modelId }),
    };
    put("metrics", { key: safeKey(key), value, step, timestamp, ...measuredOn });
  }
  return batches;
}
