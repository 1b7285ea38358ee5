import { box, label, line, linearScale, renderPage, shorten } from "@colaml/shared/charts/svg-chart";
import type { FeatureImportance } from "./feature-importance";

/** Words drawn. */
const MAX_WORDS = 30;
const LEFT = 170;
const RIGHT = 640;
const TOP = 84;
const ROW = 22;

/** One bar: how long, and what it says when it is pointed at. */
interface Bar {
  term: string;
  share: number;
  tip: string;
}

function barOf(entry: FeatureImportance): Bar {
  const { term } = entry;
  if ("gain" in entry)
    return { term, share: entry.gain, tip: `${term}: ${percentOf(entry.gain)}, ${entry.splits} splits` };
  const { share, weight } = entry;
  return { term, share, tip: `${term}: ${percentOf(share)}, weight ${weight.toFixed(3)} for ${entry.class}` };
}

const percentOf = (share: number) => `${(share * 100).toFixed(1)}%`;

/** The most important words as bars. */
export function featureImportancePlot(importance: readonly FeatureImportance[]): string {
  const shown = importance.slice(0, MAX_WORDS).map(barOf);
  const linear = importance[0] !== undefined && "weight" in importance[0];
  const bottom = TOP + ROW * shown.length;
  const x = linearScale([0, shown[0]?.share ?? 1], [LEFT, RIGHT]);
  const marks = shown.flatMap(({ term, share, tip }, i) => {
    const y = TOP + i * ROW;
    return [
      label(LEFT - 10, y + 15, shorten(term, 20), { anchor: "end" }),
      box({ x: LEFT, y: y + 3, width: x(share) - LEFT, height: ROW - 6 }, "f0", tip),
      label(x(share) + 6, y + 15, percentOf(share), { className: "muted small" }),
    ];
  });
  marks.push(line(LEFT, TOP, LEFT, bottom, "axis"));
  marks.push(
    label(
      (LEFT + RIGHT) / 2,
      bottom + 26,
      linear ? "Share of the sum of absolute weights" : "Share of the loss gained by splits on the word",
      {
        anchor: "middle",
      },
    ),
  );
  return renderPage({
    title: "Feature importance",
    subtitle: `${shown.length} of ${importance.length} words ${linear ? "that have a weight" : "the trees split on"}`,
    width: 720,
    height: bottom + 44,
    marks,
  });
}
