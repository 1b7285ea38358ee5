import type { Choices } from "@colaml/shared/contracts/train";

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** What a training chose by itself, a line each: what its preset set, the penalty, the rows of a sample. */
export function choiceLines({ preset, presetSettings = {}, chosen, sampled, bestPreset }: Choices): string[] {
  const set = Object.entries(presetSettings).map(([name, value]) => `${name} ${shown(value)}`);
  return [
    ...(preset ? [`  preset ${preset}: ${set.join(", ")}`] : []),
    ...(chosen
      ? [
          `  chosen on validation: reg_lambda ${chosen.reg_lambda.toPrecision(3)} of ${chosen.tried.length}, ${chosen.iterations} rounds`,
        ]
      : []),
    ...(sampled ? [`  a seeded sample: ${sampled.rows} of ${sampled.of} rows`] : []),
    ...(bestPreset ? [`  ${bestPresetLine(bestPreset)}`] : []),
  ];
}

const shown = (value: unknown) => (Array.isArray(value) ? value.join("+") : String(value));

/** What the preset best would have given. */
function bestPresetLine({
  validationAccuracy,
  trainedAccuracy,
  rows,
}: NonNullable<Choices["bestPreset"]>): string {
  return `--preset best would give about ${percent(validationAccuracy)} accuracy on validation rows, not ${percent(trainedAccuracy)} (a quick fit of ${rows.train} rows)`;
}
