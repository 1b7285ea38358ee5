import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { DATASET_TAG, NO_CHAMPION, VERDICT_TAGS } from "@colaml/shared/mlflow/verdict-tags";

/**
 * How often a challenger of the model was judged on the same file, this time included. Each look at the same test rows
 * is another chance for luck: of a hundred equal challengers, tried one after the other, five win at 0.05. Looks
 * with and without a champion are counted apart, and a new champion does not start the count anew: it was chosen
 * on these rows.
 *
 * @param version the challenger, not counted twice when its check is repeated
 */
export async function countLooks(
  client: MlflowClient,
  model: string,
  version: string,
  datasetDigest: string,
  hasChampion: boolean,
): Promise<number> {
  const onThisFile = ` and tags.\`${DATASET_TAG}\` = '${datasetDigest}'`;
  const judged = await client.registry.versions(model, onThisFile);
  const alike = judged.filter(({ version: other, tags }) => {
    const met = tags[VERDICT_TAGS.champion];
    return other !== version && met !== undefined && (met !== NO_CHAMPION) === hasChampion;
  });
  return alike.length + 1;
}
