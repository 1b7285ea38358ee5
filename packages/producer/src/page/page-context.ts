import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import type { FastifyReply, FastifyRequest } from "fastify";
import { createIncidents, type Incidents, isOpen } from "./incidents";
import { type Frame, layout } from "./layout";
import { load } from "./load";
import { createModelSource, type ModelSource } from "./model-facts";
import type { PageService } from "./page-service";
import { type Reader, readerOf } from "./reader";

/** What every page draws from. */
export interface PageContext extends PageService {
  models: ModelSource;
  incidents: Incidents;
  history: CheckHistory;
}

export function createPageContext(service: PageService): PageContext {
  const { config, log, health } = service;
  const report = (line: string) => log.error(line);
  const isUp = async () => (await health())["mlflow"] ?? { ok: true };
  return {
    ...service,
    models: createModelSource(service.mlflow, isUp),
    incidents: createIncidents(new IncidentStore(config.paths.stateDir, report)),
    history: new CheckHistory(config.paths.stateDir, report),
  };
}

/**
 * Answers with a page that `draw` makes for whoever asks.
 * @throws what `draw` throws: an error page is made of it
 */
export async function showPage(
  context: PageContext,
  request: FastifyRequest,
  reply: FastifyReply,
  draw: (reader: Reader) => Promise<Frame>,
): Promise<FastifyReply> {
  const reader = readerOf(request, context.access);
  const [frame, incidents] = await Promise.all([draw(reader), load(context.incidents.list())]);
  const openIncidents = incidents.value?.filter(isOpen).length ?? 0;
  const mlflow = context.mlflow?.address;
  return sendHtml(reply, layout(reader, { openIncidents, ...(mlflow && { mlflow }), ...frame }));
}

/** Nothing but files of this server, no inline script or style, in no frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** A browser sends no `Origin` with a form if the policy is `no-referrer`: then nobody could tell whose form it is. */
export function sendHtml(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .header("content-security-policy", POLICY)
    .header("referrer-policy", "same-origin")
    .header("cache-control", "no-store")
    .header("vary", "accept-language, cookie")
    .type("text/html; charset=utf-8")
    .send(page);
}
