import type { ZodType } from "zod";
import { type Alert, alertSchema } from "./alerts";
import { type CompareJob, type CompareResult, compareJobSchema } from "./compare";
import { type LabelsJob, type LabelsResult, labelsJobSchema } from "./labels";
import { type MonitorJob, type MonitorResult, monitorJobSchema } from "./monitor";
import { type PredictJob, type PredictResult, predictJobSchema } from "./predict";
import {
  type PredictChunkJob,
  type PredictChunkResult,
  type PredictDeadJob,
  predictChunkJobSchema,
  predictDeadJobSchema,
} from "./predict-chunk";
import { type PredictTextsJob, predictTextsJobSchema } from "./predict-texts";
import { type PublishJob, type PublishResult, publishJobSchema } from "./publish";
import { type TrainJob, type TrainResult, trainJobSchema } from "./train";
import { type TuneJob, type TuneResult, tuneJobSchema } from "./tune";

/**
 * A job that ended this many workers without progress is failed for good: by then it is the job, not the workers.
 * Nobody can tell which of a process's jobs ended it, so it counts for all that ran in it.
 */
export const MAX_DEATHS = 3;

/** The workers, each with a package `NAME-worker`. */
export type WorkerName = "trainer" | "predictor" | "monitor";

/** What happens to a path that a payload names. */
/** `read-file`: the field names a file to read only if it begins with `file:`. */
export type PathUse = "read" | "read-file" | "write" | "folder";

/** What is known of a queue apart from its name and the types of its jobs. */
interface QueueFacts {
  /** Who runs its jobs; absent: no worker does, they wait there for somebody. */
  readonly worker?: WorkerName;
  /** Who adds its jobs: whoever may `submit` through the API and the commands; a command only; other workers. */
  readonly from: "api" | "command" | "workers";
  /** Whether a schedule may add its jobs. */
  readonly scheduled?: true;
  /** Brakes of an alert rule that starts such a job, unless the rule gives its own. Absent: no rule may. */
  readonly started?: { readonly cooldown: string; readonly dailyBudget: number };
  /**
   * `listed` by `cola jobs` and found by an id without its queue; `found` only; `hidden`: reached only as `queue/id`.
   * The dashboard shows all.
   */
  readonly shown: "listed" | "found" | "hidden";
  /** The payload's fields that name files, by dotted key. */
  readonly paths: Readonly<Record<string, PathUse>>;
  /** The result's fields that name files, by dotted key: the API makes them relative to its data folder. */
  readonly resultPaths?: readonly string[];
  /**
   * `private`: jobs hold texts of customers, and are forgotten within a minute of their end; `until removed`: whoever added
   * them removes them. Absent: they are kept by age.
   */
  readonly kept?: "private" | "until removed";
  /** Whether a job is private although its queue is not. */
  readonly isPrivate?: (payload: unknown) => boolean;
  /** Jobs that one process runs at a time; absent: `worker.concurrency`. */
  readonly atATime?: number;
  /** Workers that a job may end without progress; absent: `MAX_DEATHS`. */
  readonly maxDeaths?: number;
}

/** Ties a queue's facts to its schema and the types of its jobs. `result` is there for the types only. */
const jobs =
  <Payload extends object, Result>(schema: ZodType<Payload>) =>
  <const Facts extends QueueFacts>(
    facts: Facts,
  ): Facts & { readonly schema: ZodType<Payload>; readonly result?: Result } => ({ ...facts, schema });

/** Each entry under its queue's name, which is the key it stands under. */
function named<Entries extends Record<string, object>>(entries: Entries) {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, { name, ...entry }])) as {
    readonly [Name in keyof Entries]: Entries[Name] & { readonly name: Name };
  };
}

/**
 * Every queue of ColaML by the name it has in Redis and on the dashboard, in the order they are shown in. A new queue is
 * an entry here and a processor in the worker that the entry names: API, OpenAPI document, schedules, lists,
 * confinement of paths and dashboard follow from it.
 */
export const CATALOGUE = named({
  train: jobs<TrainJob, TrainResult>(trainJobSchema)({
    worker: "trainer",
    from: "api",
    scheduled: true,
    started: { cooldown: "6h", dailyBudget: 2 },
    shown: "listed",
    paths: { "dataset.path": "read", "features.stop_words": "read-file" },
  }),
  tune: jobs<TuneJob, TuneResult>(tuneJobSchema)({
    worker: "trainer",
    from: "api",
    scheduled: true,
    started: { cooldown: "1d", dailyBudget: 1 },
    shown: "listed",
    paths: { "dataset.path": "read", "features.stop_words": "read-file" },
  }),
  publish: jobs<PublishJob, PublishResult>(publishJobSchema)({
    worker: "trainer",
    from: "command",
    shown: "listed",
    paths: {},
  }),
  predict: jobs<PredictJob, PredictResult>(predictJobSchema)({
    worker: "predictor",
    from: "api",
    scheduled: true,
    shown: "listed",
    paths: { "input.path": "read", output: "write" },
    resultPaths: ["output", "receipt"],
    // What clients of older releases send here: texts have a queue of their own.
    isPrivate: (payload) => Array.isArray((payload as { texts?: unknown } | null)?.texts),
    // A coordinator mostly waits.
    atATime: 4,
    // It also ends when a chunk ends its process, be it another batch's, and resumes from its checkpoint: it may end
    // with four such chunks before it makes progress.
    maxDeaths: 4 * MAX_DEATHS,
  }),
  "predict-texts": jobs<PredictTextsJob, PredictResult>(predictTextsJobSchema)({
    worker: "predictor",
    from: "api",
    shown: "found",
    paths: {},
    kept: "private",
    // Each is over in a moment: what costs time is to fetch it and to answer, which is done for many together.
    atATime: 200,
    // Chunks that end the process end with all that run in it.
    maxDeaths: 4 * MAX_DEATHS,
  }),
  "predict-chunk": jobs<PredictChunkJob, PredictChunkResult>(predictChunkJobSchema)({
    worker: "predictor",
    from: "workers",
    shown: "hidden",
    paths: { "source.path": "read", "source.folder": "folder" },
    kept: "until removed",
    // Scoring is bound by the CPU: a second chunk at a time would only wait for the first.
    atATime: 1,
  }),
  /** The dead-letter queue: chunks that kept failing, kept apart so that the rest of a batch can finish. A person retries them. */
  "predict-dead": jobs<PredictDeadJob, never>(predictDeadJobSchema)({
    from: "workers",
    shown: "listed",
    paths: { "again.input.path": "read", "again.output": "write" },
  }),
  monitor: jobs<MonitorJob, MonitorResult>(monitorJobSchema)({
    worker: "monitor",
    from: "api",
    scheduled: true,
    shown: "listed",
    paths: {
      "input.path": "read",
      predictions: "read",
      labels: "read",
      "labels.path": "read",
      reference: "read",
      report: "write",
    },
    resultPaths: ["report", "drift.reference.path"],
  }),
  labels: jobs<LabelsJob, LabelsResult>(labelsJobSchema)({
    worker: "monitor",
    from: "api",
    shown: "listed",
    paths: { "input.path": "read", predictions: "read" },
    // Each reads what the one before stored.
    atATime: 1,
  }),
  compare: jobs<CompareJob, CompareResult>(compareJobSchema)({
    worker: "monitor",
    from: "api",
    shown: "listed",
    paths: { "input.path": "read" },
  }),
  /** For whoever listens. */
  alerts: jobs<Alert, never>(alertSchema)({ from: "workers", shown: "found", paths: {} }),
});

type Catalogue = typeof CATALOGUE;
/** The queues whose entry has these facts. */
type QueueWith<Facts> = { [Q in keyof Catalogue]: Catalogue[Q] extends Facts ? Q : never }[keyof Catalogue];

/** Every queue's name. */
export type QueueName = keyof Catalogue;
/** The queues that a person or a system puts jobs on through the API. */
export type SubmittableQueue = QueueWith<{ from: "api" }>;
/** The queues whose jobs make sense again and again. */
export type SchedulableQueue = QueueWith<{ scheduled: true }>;
/** The queues that an alert rule may start a job of. */
export type StartableQueue = QueueWith<{ started: object }>;
/** The submittable queues whose payload names a file that is written. */
export type QueueWriting = {
  [Q in SubmittableQueue]: "write" extends Catalogue[Q]["paths"][keyof Catalogue[Q]["paths"]] ? Q : never;
}[SubmittableQueue];
/** The queues that a worker runs. */
export type QueueOf<Worker extends WorkerName> = QueueWith<{ worker: Worker }>;
/** A queue's payload as its schema gives it, every default filled in. */
export type JobOf<Queue extends QueueName> = Catalogue[Queue] extends { schema: ZodType<infer Payload> }
  ? Payload
  : never;
/** What a job of a queue returns. */
export type ResultOf<Queue extends QueueName> = Exclude<Catalogue[Queue]["result"], undefined>;

/** All queue names, in the order they are shown in. */
export const QUEUE_NAMES = Object.keys(CATALOGUE) as readonly QueueName[];

/** One entry, whatever queue it is of. */
export type QueueEntry<Payload = object> = QueueFacts & {
  readonly name: QueueName;
  readonly schema: ZodType<Payload>;
};

/** The entry of a queue by its name. */
export const entryOf = <Queue extends QueueName>(queue: Queue) =>
  CATALOGUE[queue] as unknown as QueueEntry<JobOf<Queue>>;

/** The names of the queues whose entry is wanted. */
const namesOf = <Name extends QueueName>(isWanted: (entry: QueueEntry) => boolean) =>
  QUEUE_NAMES.filter((name) => isWanted(CATALOGUE[name] as QueueEntry)) as unknown as readonly [
    Name,
    ...Name[],
  ];

export const SUBMITTABLE_QUEUES = namesOf<SubmittableQueue>(({ from }) => from === "api");
export const SCHEDULABLE_QUEUES = namesOf<SchedulableQueue>(({ scheduled }) => scheduled === true);
export const STARTABLE_QUEUES = namesOf<StartableQueue>(({ started }) => started !== undefined);
/** The queues whose jobs `cola jobs` lists. */
export const LISTED_QUEUES = namesOf(({ shown }) => shown === "listed");
/** The queues that an id without its queue is looked up in. */
export const SEARCHED_QUEUES = namesOf(({ shown }) => shown !== "hidden");

/** The queues that a worker runs, in the order of the catalogue. */
export const queuesOf = <Worker extends WorkerName>(worker: Worker) =>
  namesOf<QueueOf<Worker>>((entry) => entry.worker === worker);
