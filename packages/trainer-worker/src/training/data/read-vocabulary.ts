import { FingerprintSet } from "@colaml/shared/learning/data/fingerprint-set";
import { TextFingerprint } from "@colaml/shared/learning/data/row-fingerprint";
import { PART } from "@colaml/shared/learning/data/split";
import { type FittedVocabulary, fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import type { TfidfSettings } from "@colaml/shared/settings/features-settings";
import type { DatasetReader } from "@colaml/shared/tables/dataset-reader";
import { eachRow, type ReadHooks } from "./each-row";
import type { RowPlan } from "./plan-rows";

/** Texts handed to `onSampledText` at most: enough to tell a language. */
const MAX_SAMPLED_TEXTS = 1_000;

export interface VocabularyHooks extends ReadHooks {
  /** Called with some texts of training rows, evenly spaced. */
  onSampledText?: (text: string) => void;
}

/** What the second pass over the file finds out. */
export interface TrainingVocabulary {
  vocabulary: FittedVocabulary;
  /** Fingerprints of the texts of the training and validation rows. */
  seen: FingerprintSet;
}

/**
 * The second pass, after `planRows`: the vocabulary of the training rows. No text is kept: 12 to 23 bytes per training
 * and validation row for the fingerprints of their texts.
 *
 * @throws ColaError PARAMETER_INVALID (no word remains), INPUT_TOO_LARGE, JOB_CANCELLED, and what reading throws
 */
export async function readVocabulary(
  reader: DatasetReader,
  plan: RowPlan,
  features: TfidfSettings,
  hooks: VocabularyHooks,
): Promise<TrainingVocabulary> {
  const seen = new FingerprintSet(plan.rows.train + plan.rows.validation);
  const fingerprint = new TextFingerprint();
  const every = Math.max(1, Math.ceil(plan.rows.train / MAX_SAMPLED_TEXTS));
  let trained = 0;
  const vocabulary = await fitVocabulary(features, (builder) =>
    eachRow(reader, plan, hooks, "fit", (bytes, start, end, part) => {
      if (part === PART.train) {
        builder.addBytes(bytes, start, end);
        if (trained++ % every === 0) hooks.onSampledText?.(bytes.toString("utf8", start, end));
      }
      if (part === PART.train || part === PART.validation) seen.add(fingerprint.of(bytes, start, end));
      return undefined;
    }),
  );
  return { vocabulary, seen };
}
