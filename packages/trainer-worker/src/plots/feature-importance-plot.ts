import { box, label, line, linearScale, renderPage, shorten } from "@colaml/shared/charts/svg-chart";
import type { TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";

/** Words drawn. */
const MAX_WORDS = 30;
const LEFT = 170;
const RIGHT = 640;
const TOP = 84;
const ROW = 22;

/** A term and what it gained the model. */
export interface FeatureImportance {
  term: string;
  /** Share of the loss that all splits gained (XGBoost's `total_gain`, normalised): the shares sum to 1. */
  gain: number;
  /** Splits on the term. */
  splits: number;
}

/** Every term that splits at least once, by falling gain. */
export function featureImportance(ensemble: TreeEnsemble, terms: readonly string[]): FeatureImportance[] {
  const gain = new Float64Array(ensemble.nFeatures);
  const splits = new Uint32Array(ensemble.nFeatures);
  for (const tree of ensemble.trees) {
    for (let node = 0; node < tree.left.length; node++) {
      if (tree.left[node]! < 0) continue;
      gain[tree.feature[node]!]! += tree.gain[node]!;
      splits[tree.feature[node]!]! += 1;
    }
  }
  const total = gain.reduce((sum, value) => sum + value, 0) || 1;
  return terms
    .map((term, i) => ({ term, gain: gain[i]! / total, splits: splits[i]! }))
    .filter(({ splits }) => splits > 0)
    .sort((a, b) => b.gain - a.gain);
}

/** The most important words as bars. */
export function featureImportancePlot(importance: readonly FeatureImportance[]): string {
  const shown = importance.slice(0, MAX_WORDS);
  const bottom = TOP + ROW * shown.length;
  const x = linearScale([0, shown[0]?.gain ?? 1], [LEFT, RIGHT]);
  const marks = shown.flatMap(({ term, gain, splits }, i) => {
    const y = TOP + i * ROW;
    const percent = `${(gain * 100).toFixed(1)}%`;
    return [
      label(LEFT - 10, y + 15, shorten(term, 20), { anchor: "end" }),
      box(
        { x: LEFT, y: y + 3, width: x(gain) - LEFT, height: ROW - 6 },
        "f0",
        `${term}: ${percent}, ${splits} splits`,
      ),
      label(x(gain) + 6, y + 15, percent, { className: "muted small" }),
    ];
  });
  marks.push(line(LEFT, TOP, LEFT, bottom, "axis"));
  marks.push(
    label((LEFT + RIGHT) / 2, bottom + 26, "Share of the loss gained by splits on the word", {
      anchor: "middle",
    }),
  );
  return renderPage({
    title: "Feature importance",
    subtitle: `${shown.length} of ${importance.length} words the trees split on`,
    width: 720,
    height: bottom + 44,
    marks,
  });
}
