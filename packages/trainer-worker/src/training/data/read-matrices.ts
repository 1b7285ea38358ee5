import { PART } from "@colaml/shared/learning/data/split";
import { CsrBuilder, type CsrMatrix } from "@colaml/shared/learning/text/csr-matrix";
import type { FittedVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import type { TfidfSettings } from "@colaml/shared/settings/features-settings";
import type { DatasetReader } from "@colaml/shared/tables/dataset-reader";
import { eachRow, type ReadHooks } from "./each-row";
import type { HeldOutFacts } from "./held-out-facts";
import type { RowPlan } from "./plan-rows";

/** The features of every row of each part. */
export interface PartMatrices {
  train: CsrMatrix;
  validation: CsrMatrix;
  test: CsrMatrix;
}

/**
 * The third pass for a model that needs all rows at once: 8 bytes per value.
 *
 * @param facts is offered the held-out rows
 * @throws ColaError JOB_CANCELLED, and what reading throws
 */
export async function readMatrices(
  reader: DatasetReader,
  plan: RowPlan,
  features: TfidfSettings,
  vocabulary: FittedVocabulary,
  facts: HeldOutFacts,
  hooks: ReadHooks,
): Promise<PartMatrices> {
  const transform = new TfidfTransform({ features, ...vocabulary });
  const { train, validation, test } = plan.rows;
  const stored = vocabulary.documentFrequency.reduce((sum, df) => sum + df, 0);
  const perRow = Math.ceil(stored / train) + 1;
  const builders = [train, validation, test].map(
    (rows) => new CsrBuilder(vocabulary.terms.length, rows, perRow),
  );
  await eachRow(reader, plan, hooks, "transform", (bytes, start, end, part) => {
    const builder = builders[part];
    if (builder === undefined) return undefined;
    transform.transformBytes(bytes, start, end);
    if (part !== PART.train) facts.offer(part, transform, bytes, start, end);
    builder.add(transform.indices, transform.values, transform.count);
    return undefined;
  });
  const [trained, validated, tested] = builders.map((builder) => builder.build());
  return { train: trained!, validation: validated!, test: tested! };
}
