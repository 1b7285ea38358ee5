import { html, type Markup, percent } from "@colaml/shared/charts/html";
import { shorten } from "@colaml/shared/charts/svg-chart";
import type { WordDrift } from "@colaml/shared/contracts/monitor";

const WIDTH = 340;
const ROW = 24;
const WORDS = 12;
const LONGEST_WORD = 14;

/** Bars of how many more or fewer texts hold each word, in points of share; pale if chance may explain it. */
export function wordChart(words: readonly WordDrift[], kind: "rose" | "fell"): Markup {
  const shown = words.slice(0, WORDS);
  const changes = shown.map(({ referenceShare, currentShare }) => Math.abs(currentShare - referenceShare));
  const largest = Math.max(...changes, 1e-9);
  const height = shown.length * ROW + 4;
  const label = kind === "rose" ? "Words that rose" : "Words that fell";
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
${shown.map(({ word, referenceShare, currentShare, significant }, i) => {
  const y = i * ROW + 16;
  const width = Math.max(1, (changes[i]! / largest) * 100).toFixed(1);
  return html`<text class="ink" x="100" y="${y}" text-anchor="end">${shorten(word, LONGEST_WORD)}</text><rect class="${kind}${significant ? "" : " fade"}" x="106" y="${y - 12}" width="${width}" height="15" rx="2"/><text x="${(112 + Number(width)).toFixed(1)}" y="${y}">${percent(referenceShare)} to ${percent(currentShare)}</text>`;
})}
</svg>`;
}
