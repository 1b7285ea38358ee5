import { html, type Markup } from "@colaml/shared/charts/html";
import type { CheckRecord } from "@colaml/shared/outputs/check-history";
import { metric, time } from "./format";
import { jobPath } from "./job-path";
import { card, levelTag } from "./parts";
import type { Reader } from "./reader";

/**
 * What the latest check with drift compared, in numbers: the PSI of each statistic beside what chance alone gives and the
 * threshold. Nothing if no check has any; those of older releases have only the level.
 */
export function driftNumbers(reader: Reader, records: readonly CheckRecord[]): Markup {
  const { t, language } = reader;
  const check = records.findLast(({ drift }) => drift !== undefined && drift.length > 0);
  if (check?.drift === undefined) return html``;
  const rows = check.drift.map(
    ({ statistic, level, psi, psiExpected, psiThreshold, jensenShannon }) =>
      html`<tr><td data-label="${t.compared}"><span>${nameOf(reader, statistic)} <code class="small dim">${statistic}</code></span></td><td class="side" data-label="${t.driftLevel}">${levelTag(t, level)}</td>
<td class="n" data-label="PSI">${metric(psi, language)}</td><td class="n" data-label="${t.byChance}">${metric(psiExpected, language)}</td><td class="n" data-label="${t.threshold}">${metric(psiThreshold, language)}</td><td class="n" data-label="${t.jensenShannon}">${metric(jensenShannon, language)}</td></tr>`,
  );
  const of = html`<a class="more" href="${jobPath("monitor", check.id)}">${t.check} · v${check.modelVersion} · ${time(check.at, language)}</a>`;
  return card(
    t.driftNumbers,
    html`<table class="stack"><thead><tr><th>${t.compared}</th><th>${t.driftLevel}</th><th class="n"><abbr title="${t.psiMeaning}">PSI</abbr></th><th class="n">${t.byChance}</th><th class="n">${t.threshold}</th><th class="n">${t.jensenShannon}</th></tr></thead><tbody>${rows}</tbody></table>`,
    { live: "drift-numbers", more: of },
  );
}

/** A statistic of another release has only its own name. */
function nameOf({ t }: Reader, statistic: string): string {
  return Object.hasOwn(t.statistics, statistic) ? t.statistics[statistic as keyof typeof t.statistics] : "";
}
