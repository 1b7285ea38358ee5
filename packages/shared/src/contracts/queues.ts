/**
 * Every queue of ColaML, by the name it has in Redis and on the dashboard.
 * `predict-dead` holds chunks that kept failing, set aside so the rest of a batch can finish.
 */
export const QUEUES = {
  train: "train",
  tune: "tune",
  publish: "publish",
  predict: "predict",
  predictChunk: "predict-chunk",
  predictDead: "predict-dead",
  monitor: "monitor",
  labels: "labels",
  compare: "compare",
  alerts: "alerts",
} as const;

export type QueueName = (typeof QUEUES)[keyof typeof QUEUES];

/** All queue names, for the dashboard and for `cola jobs`. */
export const QUEUE_NAMES: readonly QueueName[] = Object.values(QUEUES);

/** The queues a person or a system submits jobs to through the API. */
export const SUBMITTABLE_QUEUES = ["train", "tune", "predict", "monitor", "labels", "compare"] as const;
export type SubmittableQueue = (typeof SUBMITTABLE_QUEUES)[number];
