import { html } from "@colaml/shared/charts/html";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { formOf, localPath } from "./forms";
import { isLanguage, LANGUAGE_COOKIE } from "./language";
import { LOGIN_PATH, layout, PAGES } from "./layout";
import { type PageContext, sendHtml } from "./page-context";
import { strangerOf } from "./reader";

/** Seconds that a chosen language is remembered: a year. */
const LANGUAGE_SECONDS = 365 * 86_400;

interface WithNext {
  Querystring: { next?: string };
}

/** `/login`, `/logout`, and the switch of the language. */
export function addLoginPages(scope: FastifyInstance, context: PageContext): void {
  const { access } = context;
  const open = { config: { role: "none" as const, page: true } };
  scope.get<WithNext>(LOGIN_PATH, open, (request, reply) => {
    if (!access.required) return reply.redirect("/", 303);
    return showLogin(request, reply, localPath(request.query.next));
  });
  scope.post(LOGIN_PATH, open, (request, reply) => {
    const form = formOf(request);
    const next = localPath(form.get("next"));
    const cookie = access.logIn(request, form.get("token") ?? "");
    if (cookie === undefined) return showLogin(request, reply.code(401), next, true);
    return reply.header("set-cookie", cookie).redirect(next, 303);
  });
  scope.post("/logout", open, (request, reply) =>
    reply.header("set-cookie", access.logOut(request)).redirect(LOGIN_PATH, 303),
  );
  scope.get<WithNext & { Params: { language: string } }>(
    `${PAGES}/language/:language`,
    open,
    (request, reply) => {
      const { language } = request.params;
      if (isLanguage(language))
        reply.header(
          "set-cookie",
          `${LANGUAGE_COOKIE}=${language}; Path=/; Max-Age=${LANGUAGE_SECONDS}; SameSite=Lax`,
        );
      return reply.redirect(localPath(request.query.next), 303);
    },
  );
}

function showLogin(request: FastifyRequest, reply: FastifyReply, next: string, wrong = false): FastifyReply {
  const reader = strangerOf(request);
  const { t } = reader;
  const notice = wrong ? html`<div class="notice bad" role="alert">${t.wrongToken}</div>` : undefined;
  const body = html`<section class="card door"><header><h2>${t.logIn}</h2></header><div class="body">${notice}
<form class="stack" method="post" action="${LOGIN_PATH}"><input type="hidden" name="next" value="${next}">
<input type="text" name="username" value="colaml" autocomplete="username" hidden><label>${t.token}<input type="password" name="token" required autofocus autocomplete="current-password" maxlength="4096"></label>
<p class="small dim">${t.tokenHint} ${t.loginForHours}</p><div><button class="primary">${t.logIn}</button></div></form></div></section>`;
  const path = `${LOGIN_PATH}?next=${encodeURIComponent(next)}`;
  return sendHtml(reply, layout({ ...reader, path }, { title: t.logIn, body }));
}
