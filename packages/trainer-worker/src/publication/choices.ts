import type { Choices, TrainJob } from "@colaml/shared/contracts/train";
import { presetFields } from "@colaml/shared/settings/preset-payload";
import type { TrainedModel } from "../training/training";

/** What a training chose by itself, for its result. */
export function choicesOf(job: TrainJob, { chosen, plan, bestPreset }: TrainedModel): Choices {
  const { rows } = plan;
  const taken = rows.train + rows.validation + rows.test;
  const sampled = job.max_train_rows === 0 && rows.notSampled > 0;
  return {
    ...(job.preset === "best" ? { preset: job.preset, presetSettings: presetSettings(job) } : {}),
    ...(chosen ? { chosen } : {}),
    ...(sampled ? { sampled: { rows: taken, of: taken + rows.notSampled } } : {}),
    ...(bestPreset ? { bestPreset } : {}),
  };
}

/** The settings of a job that are what its preset sets, under their names in the payload. */
function presetSettings({ preset, features, boosting }: TrainJob): Record<string, unknown> {
  const { features: ofFeatures, boosting: ofBoosting } = presetFields(preset);
  const had: Record<string, unknown> = { ...features, ...boosting };
  const isSet = ([name, value]: [string, unknown]) => JSON.stringify(had[name]) === JSON.stringify(value);
  return Object.fromEntries(Object.entries({ ...ofFeatures, ...ofBoosting }).filter(isSet));
}
