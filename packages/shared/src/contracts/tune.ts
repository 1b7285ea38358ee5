import { type ZodType, z } from "zod";
import { type ClassificationMetrics, DECIDING_METRICS } from "../metrics/metric-table";
import { boostingSettings, regLambdaType } from "../settings/boosting-settings";
import { featuresSettings, ngramRange } from "../settings/features-settings";
import { namedStopWords } from "../settings/stop-word-settings";
import { type Promotion, type TrainResult, trainJobFields } from "./train";

/**
 * A range of a setting to search (`log`: evenly in the logarithm) or a list to choose from; one value in a list
 * fixes it.
 */
const range = ({ type }: { type: ZodType<number> }) =>
  z.union([
    z
      .strictObject({
        min: type,
        max: type,
        log: z.boolean().default(false),
      })
      .refine(({ min, max }) => min <= max, "min must not be above max")
      .refine(({ min, log }) => !log || min > 0, "a logarithmic range needs min above 0"),
    z.array(type).min(1).max(100),
  ]);

/** What a tuning job searches. A name that is absent keeps the value of `features` or `boosting`. */
export const searchSpaceSchema = z.strictObject({
  learning_rate: range(boostingSettings.learningRate).optional(),
  depth: range(boostingSettings.depth).optional(),
  l2_leaf_reg: range(boostingSettings.l2LeafReg).optional(),
  reg_lambda: range({ type: regLambdaType }).optional(),
  iterations: range(boostingSettings.iterations).optional(),
  max_features: range(featuresSettings.maxFeatures).optional(),
  stop_words: z.array(namedStopWords).min(1).optional(),
  ngram_range: z.array(ngramRange).min(1).max(15).optional(),
});
export type SearchSpace = z.infer<typeof searchSpaceSchema>;

/** The space of trees that is searched when a job names none. */
export const DEFAULT_SEARCH_SPACE: SearchSpace = {
  learning_rate: { min: 0.03, max: 0.5, log: true },
  depth: { min: 4, max: 10, log: false },
  l2_leaf_reg: { min: 0.5, max: 10, log: true },
  iterations: { min: 50, max: 400, log: true },
  max_features: { min: 100, max: 5_000, log: true },
  stop_words: ["english", "none"],
  ngram_range: [
    [1, 1],
    [1, 2],
  ],
};

/** The space of the linear booster that is searched when a job names none. */
const LINEAR_SEARCH_SPACE: SearchSpace = {
  reg_lambda: { min: 1e-7, max: 1e-4, log: true },
  iterations: { min: 10, max: 50, log: true },
  max_features: { min: 1_000, max: 50_000, log: true },
  stop_words: DEFAULT_SEARCH_SPACE.stop_words,
  ngram_range: DEFAULT_SEARCH_SPACE.ngram_range,
};

/** The space that is searched for a booster when a job names none. */
export function defaultSearchSpace(booster: string): SearchSpace {
  return booster === "gblinear" ? LINEAR_SEARCH_SPACE : DEFAULT_SEARCH_SPACE;
}

/** What of a space means nothing to a booster. */
const FOREIGN: Readonly<Record<string, readonly (keyof SearchSpace)[]>> = {
  gbtree: ["reg_lambda"],
  gblinear: ["depth", "l2_leaf_reg"],
};

/**
 * Payload of a `tune` job, version 1: that of a `train` job, whose settings every trial has but for what `space`
 * searches, and how to search.
 */
export const tuneJobSchema = trainJobFields
  .omit({ trial: true, preset: true, preset_hint: true })
  .extend({
    /** Absent: `defaultSearchSpace`. */
    space: searchSpaceSchema.optional(),
    trials: z.number().int().min(1).max(1_000).default(20),
    /** What the best trial is best at, on the validation rows. */
    metric: z.enum([...DECIDING_METRICS, "log_loss"]).default("roc_auc"),
    /** Seed of the search: the same seed tries the same settings. */
    random_seed: z.number().int().min(0).max(2147483647).default(42),
  })
  .superRefine(({ boosting, space }, context) => {
    for (const name of FOREIGN[boosting.booster] ?? []) {
      if (space?.[name] === undefined) continue;
      const message = `booster ${boosting.booster} has no such setting: leave it out`;
      context.addIssue({ code: "custom", path: ["space", name], message });
    }
  });
export type TuneJob = z.infer<typeof tuneJobSchema>;
export type TuneJobInput = z.input<typeof tuneJobSchema>;

/** The settings one trial tries, under their payload names. */
export type TrialSettings = Partial<{
  learning_rate: number;
  depth: number;
  l2_leaf_reg: number;
  reg_lambda: number;
  iterations: number;
  max_features: number;
  stop_words: z.infer<typeof namedStopWords>;
  ngram_range: [number, number];
}>;

/** One finished or failed trial. */
export interface TrialOutcome {
  number: number;
  settings: TrialSettings;
  /** Child run of the tuning run; absent where the trial failed before it had one. */
  runId?: string;
  validation?: ClassificationMetrics;
  /** Why it failed, in one line. */
  failed?: string;
}

/** Result of a `tune` job. */
export interface TuneResult extends Promotion {
  /** The parent run. */
  runId: string;
  trials: { finished: number; failed: number };
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
