import { z } from "zod";
import type { ErrorCode } from "../errors/cola-error";
import { type ClassificationMetrics, METRIC_NAMES } from "../metrics/metric-table";
import type { MadeBy } from "./made-by";
import { type Booster, foreignNames, searchSpaceSchema, type TrialSettings } from "./search-space";
import { type Promotion, type TrainResult, trainJobFields } from "./train";

/**
 * Payload of a `tune` job, version 1: that of a `train` job, whose settings every trial has but for what `space`
 * searches, and how to search.
 */
export const tuneJobSchema = trainJobFields
  .omit({ trial: true, preset: true, preset_hint: true })
  .extend({
    /** Absent: the job's booster if it is `gblinear`, else both boosters, over what suits each. */
    space: searchSpaceSchema.optional(),
    /** At most: a search ends before if nothing is gained. */
    trials: z.number().int().min(1).max(1_000).default(20),
    /** What the best trial is best at, on the validation rows. */
    metric: z.enum(METRIC_NAMES).default("accuracy_score"),
    /** Seed of the search: the same seed tries the same settings. */
    random_seed: z.number().int().min(0).max(2147483647).default(42),
    /** End the search when this many trials after the best have gained nothing; 0: never. */
    patience: z.number().int().min(0).max(1_000).default(6),
    /** Minutes after which trials end. The first one, and the training of the best, are not cut. Absent: no limit. */
    minutes: z
      .number()
      .gt(0)
      .max(60 * 24 * 7)
      .optional(),
  })
  .superRefine(({ boosting, space }, context) => {
    if (space === undefined) return;
    const boosters: readonly Booster[] = space.booster ?? [boosting.booster];
    const [first] = boosters;
    // An empty list has been refused by now, but its checks run on.
    if (first === undefined) return;
    for (const name of foreignNames(first)) {
      if (space[name] === undefined || !boosters.every((booster) => foreignNames(booster).includes(name)))
        continue;
      const message = `booster ${boosters.join(", ")} has no such setting: leave it out`;
      context.addIssue({ code: "custom", path: ["space", name], message });
    }
  });
export type TuneJob = z.infer<typeof tuneJobSchema>;
export type TuneJobInput = z.input<typeof tuneJobSchema>;

/** One finished or failed trial. */
export interface TrialOutcome {
  number: number;
  settings: TrialSettings;
  /** Child run of the tuning run; absent if the trial failed before it had one. */
  runId?: string;
  validation?: ClassificationMetrics;
  /** Rows that it was trained on; absent in results of older releases. */
  trainRows?: number;
  /** Rows that its metrics were measured on; absent in results of older releases. */
  validationRows?: number;
  /** It saw a sample of the training rows only, to find out whether it is worth more. */
  onSample?: true;
  /** Why it failed, in one line. */
  failed?: string;
  /** The code of that; absent if its job is gone, and in results of older releases. */
  failedCode?: ErrorCode;
  /** It failed because the time of the search was over. */
  cut?: true;
}

/** Result of a `tune` job. */
export interface TuneResult extends Promotion, MadeBy {
  /** The parent run. */
  runId: string;
  /** `onSample`: those of the finished ones that saw a sample of the rows; `cut`: those that the time limit ended. */
  trials: { finished: number; failed: number; onSample?: number; cut?: number };
  /** How the search went and why it ended, a line each; absent in results of older releases. */
  search?: string[];
  best: TrialOutcome;
  /** The run that trained and published the best settings. */
  bestRunId: string;
  /** Page of that run in MLflow; absent while publishing waits for MLflow, and from an older trainer. */
  runUrl?: string;
  model: string;
  modelVersion?: string;
  metrics: { validation: ClassificationMetrics; test: ClassificationMetrics };
  /** Of the best one's training, as in `TrainResult`. */
  rows: TrainResult["rows"];
  rejectedByReason: TrainResult["rejectedByReason"];
  notes: string[];
  data?: TrainResult["data"];
  championCheck?: TrainResult["championCheck"];
  calibration?: TrainResult["calibration"];
  decisionRule?: TrainResult["decisionRule"];
  seconds: number;
}
