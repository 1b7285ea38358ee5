import { html, type Markup } from "@colaml/shared/charts/html";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { ABSENT_TERMS, type TermContribution } from "@colaml/shared/learning/model/explain";
import type { FastifyInstance } from "fastify";
import { decimal, metric } from "./format";
import { formOf } from "./forms";
import { PAGES } from "./layout";
import { drawn, type Loaded, load } from "./load";
import { type PageContext, showPage } from "./page-context";
import type { ScoredText } from "./page-service";
import { card, empty, tag } from "./parts";
import type { Reader } from "./reader";

const TRY_PATH = `${PAGES}/try`;
/** Characters of a text that a person may try. */
const MAX_TEXT = 20_000;
/** Classes that are shown, the likeliest first. */
const MAX_CLASSES = 12;

/** One text, what the champion makes of it, and the words that counted. */
export function addTryPage(scope: FastifyInstance, context: PageContext): void {
  scope.get(TRY_PATH, { config: { role: "read", page: true } }, (request, reply) =>
    showPage(context, request, reply, async (reader) => ({
      title: reader.t.tryText,
      section: "tryText",
      body: await tryBody(context, reader, ""),
    })),
  );
  scope.post(TRY_PATH, { config: { role: "submit", page: true } }, (request, reply) =>
    showPage(context, request, reply, async (reader) => {
      const text = formOf(request).get("text") ?? "";
      if (text.trim() === "" || text.length > MAX_TEXT)
        throw new ColaError("USAGE", `text: allowed are 1 to ${MAX_TEXT} characters`);
      const scored = await load(context.score(text));
      return {
        title: reader.t.tryText,
        section: "tryText",
        body: await tryBody(context, reader, text, scored),
      };
    }),
  );
}

async function tryBody(
  { models, config }: PageContext,
  reader: Reader,
  text: string,
  scored?: Loaded<ScoredText>,
): Promise<Markup> {
  const { t } = reader;
  const { name } = config.model;
  const champion = await load(models.champion(name));
  const head = html`<div class="head"><h1>${t.tryText}</h1></div>`;
  if (champion.error === undefined && champion.value === undefined && scored === undefined)
    return html`${head}<section class="card">${empty(t.tryNeedsModel, `cola train FILE --model ${name}`)}</section>`;
  const by =
    scored === undefined && champion.value
      ? html`<span class="dim small">${t.by(name, champion.value.version)}</span>`
      : undefined;
  const button = reader.may("submit")
    ? html`<div class="actions"><button class="primary">${t.score}</button>${by}</div>`
    : html`<p class="small dim">${t.roleMissing(t.roles.submit)}</p>`;
  const form = html`<section class="card"><div class="body"><form class="stack" method="post" action="${TRY_PATH}">
<label>${t.text}<textarea name="text" required maxlength="${MAX_TEXT}"${text === "" ? html` autofocus` : undefined}>${text}</textarea></label><p class="small dim">${t.tryHint}</p>${button}</form></div></section>`;
  return html`${head}${form}${scored && drawn(reader, scored, (of) => answer(reader, of))}`;
}

function answer(reader: Reader, { prediction, model, version }: ScoredText): Markup {
  const { t, language } = reader;
  const { label, decision, probabilities, explanation = [], withoutKnownWords } = prediction;
  const likeliest = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
  const bars = likeliest
    .slice(0, MAX_CLASSES)
    .map(
      ([name, share]) =>
        html`<span>${name}</span><progress value="${share}" max="1" aria-label="${name}"></progress><span class="n">${metric(share, language)}</span>`,
    );
  const left = likeliest.length - MAX_CLASSES;
  const rule = decision === undefined ? undefined : html`<p>${t.decision}: <strong>${decision}</strong></p>`;
  const unknown = withoutKnownWords ? html`<p class="small dim">${t.noKnownWords}</p>` : undefined;
  return html`<div class="columns">${card(
    `${t.label}: ${label}`,
    html`<div class="body">${rule}${unknown}<div class="bars">${bars}</div>${left > 0 ? html`<p class="small dim">${t.moreEntries(left)}</p>` : undefined}<p class="small dim">${t.by(model, version)}</p></div>`,
  )}${explanation.length === 0 ? undefined : card(t.words, html`<div class="body"><p class="small dim">${t.wordsHint}</p><div class="words">${explanation.map((word) => wordTag(reader, word))}</div></div>`)}</div>`;
}

function wordTag({ t, language }: Reader, { term, contribution }: TermContribution): Markup {
  const sign = contribution < 0 ? "−" : "+";
  const name = term === ABSENT_TERMS ? `(${t.absentWords})` : term;
  return tag(
    `${name} ${sign}${decimal(Math.abs(contribution), 2, language)}`,
    contribution < 0 ? "warn" : "busy",
  );
}
