import { html } from "@colaml/shared/charts/html";
import { ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { LOGIN_PATH, layout, PAGES } from "./layout";
import { type PageContext, sendHtml } from "./page-context";
import { type Reader, readerOf, strangerOf } from "./reader";
import { reasonOf } from "./reason";

/**
 * What a page answers when something went wrong: the door for whoever is not known, else the reason. What went wrong
 * inside is for the log.
 */
export function answerPageError(
  context: PageContext,
  error: FastifyError | ColaError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = error instanceof ColaError ? ERROR_TABLE[error.code].status : (error.statusCode ?? 500);
  if (status === 401) return atTheDoor(request, reply);
  const known = toColaError(error);
  if (status >= 500)
    context.log.error(`page failed: ${known.message}`, { route: request.routeOptions.url, code: known.code });
  const reader = safeReader(context, request);
  const inside = known.code === "INTERNAL" && status >= 500;
  const message = inside ? "internal error: see the server's log" : known.message;
  const { t } = reader;
  const body = html`<div class="head"><h1>${t.errorTitle}</h1></div>
<div class="notice bad">${reasonOf(reader, known.code, message)}<p class="small dim"><code>${known.code}</code></p></div>
<p><a class="button" href="/">${t.backToOverview}</a></p>`;
  return sendHtml(reply.code(status), layout(reader, { title: t.errorTitle, body }));
}

/** Whether a path lies where the pages are. */
export const isBelowPages = (path: string) => path.startsWith(`${PAGES}/`);

/** A path below the pages' that none of them has. It says nothing that only some may know. */
export function answerMissingPage(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const reader = strangerOf(request);
  const { t } = reader;
  const body = html`<div class="head"><h1>${t.notFound}</h1></div><p><a class="button" href="/">${t.backToOverview}</a></p>`;
  return sendHtml(reply.code(404), layout(reader, { title: t.notFound, body }));
}

function atTheDoor(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isForm = request.method !== "GET" && request.method !== "HEAD";
  // The cookie is not sent with the first request that a link on another site makes: ask again from here.
  if (!isForm && request.headers["sec-fetch-site"] === "cross-site") {
    const again = html`<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>ColaML</title></head></html>`;
    return sendHtml(reply.code(200), again.text);
  }
  const next = isForm ? "/" : request.url;
  return reply.redirect(`${LOGIN_PATH}?next=${encodeURIComponent(next)}`, 303);
}

/** Whoever may not do it may still be known. */
function safeReader(context: PageContext, request: FastifyRequest): Reader {
  try {
    return readerOf(request, context.access);
  } catch {
    return strangerOf(request);
  }
}
