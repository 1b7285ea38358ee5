import { box, label, renderPage, shorten } from "@colaml/shared/charts/svg-chart";

/** Classes drawn at most; of more, those with the most rows. */
const MAX_CLASSES = 20;
/** Room beside rows and above columns, and the letters of a class that fit there. */
const SIDEWAYS = { left: 160, top: 130, letters: 14 } as const;
/** The same if names stand upright above their columns. */
const UPRIGHT = { left: 215, top: 275, letters: 22 } as const;
/** Pixels of a letter, about. */
const LETTER = 8;

/**
 * The confusion matrix as an SVG document.
 *
 * @param counts rows by actual class (row) and predicted class (column): nClasses x nClasses
 */
export function confusionMatrixPlot(
  classes: readonly string[],
  counts: readonly ArrayLike<number>[],
  part: string,
): string {
  const shown = classesShown(counts);
  const cell = Math.max(44, Math.min(150, Math.floor(480 / shown.length)));
  const side = cell * shown.length;
  // Cut to the width of a cell, names of many classes would all look alike.
  const longest = Math.max(...shown.map((index) => Array.from(classes[index]!).length));
  const isUpright = Math.min(longest, SIDEWAYS.letters) > cell / LETTER;
  const { left, top, letters } = isUpright ? UPRIGHT : SIDEWAYS;
  const total = counts.reduce((sum, row) => sum + sumOf(row), 0);
  const marks = [
    label(left + side / 2, 90, "Predicted", { anchor: "middle", className: "ink strong" }),
    label(20, top + side / 2, "Actual", { anchor: "middle", className: "ink strong", rotate: -90 }),
  ];
  shown.forEach((actual, i) => {
    const name = shorten(classes[actual]!, letters);
    const middle = i * cell + cell / 2;
    marks.push(label(left - 12, top + middle + 4, name, { anchor: "end" }));
    marks.push(
      isUpright
        ? label(left + middle + 4, top - 8, name, { rotate: -90 })
        : label(left + middle, top - 14, name, { anchor: "middle" }),
    );
    shown.forEach((predicted, j) => {
      marks.push(
        ...matrixCell(classes, counts, actual, predicted, { x: left + j * cell, y: top + i * cell, cell }),
      );
    });
  });
  const notDrawn = classes.length - shown.length;
  return renderPage({
    title: "Confusion matrix",
    subtitle: `${total} ${part} rows; share of each actual class${notDrawn > 0 ? `; ${notDrawn} smaller classes not drawn` : ""}`,
    width: Math.max(460, left + side + 40),
    height: top + side + 36,
    marks,
  });
}

function classesShown(counts: readonly ArrayLike<number>[]): number[] {
  const byRows = counts
    .map((row, i) => ({ i, rows: sumOf(row) }))
    .sort((a, b) => b.rows - a.rows || a.i - b.i);
  return byRows
    .slice(0, MAX_CLASSES)
    .map(({ i }) => i)
    .sort((a, b) => a - b);
}

function matrixCell(
  classes: readonly string[],
  counts: readonly ArrayLike<number>[],
  actual: number,
  predicted: number,
  at: { x: number; y: number; cell: number },
): string[] {
  const rows = counts[actual]![predicted]!;
  const ofClass = sumOf(counts[actual]!);
  const share = ofClass > 0 ? rows / ofClass : 0;
  const percent = ofClass > 0 ? `${(share * 100).toFixed(1)}%` : "no rows";
  const tooltip = `actual ${classes[actual]}, predicted ${classes[predicted]}: ${rows} (${percent})`;
  const area = {
    x: at.x + 1,
    y: at.y + 1,
    width: at.cell - 2,
    height: at.cell - 2,
    opacity: 0.04 + 0.5 * share,
  };
  const middle = at.x + at.cell / 2;
  const mark = [box(area, actual === predicted ? "f0" : "f1", tooltip)];
  mark.push(
    label(middle, at.y + at.cell / 2 + (at.cell > 60 ? -2 : 4), String(rows), {
      anchor: "middle",
      className: "ink strong",
    }),
  );
  if (at.cell > 60) {
    mark.push(label(middle, at.y + at.cell / 2 + 18, percent, { anchor: "middle", className: "ink small" }));
  }
  return mark;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
