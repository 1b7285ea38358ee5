import { seededRandom } from "@colaml/shared/learning/data/seeded-random";

/** The fold of each row: the rows of each class are shared out evenly, in an order that the seed gives. */
export function stratifiedFolds(
  classOf: ArrayLike<number>,
  nClasses: number,
  nFolds: number,
  seed: number,
): Uint8Array {
  const random = seededRandom(seed);
  const rows = Uint32Array.from({ length: classOf.length }, (_, row) => row);
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  const dealt = new Uint32Array(nClasses);
  const folds = new Uint8Array(classOf.length);
  for (const row of rows) folds[row] = dealt[classOf[row]!]!++ % nFolds;
  return folds;
}
