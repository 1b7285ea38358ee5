import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** A form's fields. */
export type Form = ReadonlyMap<string, string>;

/** Lets a scope read the forms of its pages; JSON is for the API. */
export function addForms(scope: FastifyInstance): void {
  scope.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, new Map(new URLSearchParams(body as string))),
  );
}

export const formOf = (request: FastifyRequest): Form =>
  request.body instanceof Map ? (request.body as Form) : new Map();

/**
 * A line that a person typed, trimmed.
 * @throws ColaError USAGE if it is empty, longer than `most` characters, or holds control characters
 */
export function typedLine(form: Form, field: string, most: number): string {
  const line = (form.get(field) ?? "").trim();
  if (line !== "" && line.length <= most && !/\p{Cc}/u.test(line)) return line;
  throw new ColaError("USAGE", `${field}: allowed are 1 to ${most} characters in one line`);
}

/** A path of this server to go to, as a request names it; `/` for anything else: nobody is sent elsewhere. */
export function localPath(path: unknown): string {
  return typeof path === "string" && /^\/(?![/\\])[\x21-\x7e]{0,2000}$/.test(path) && !path.includes("\\")
    ? path
    : "/";
}

/** Back to a page after a form, so that a reload does not send it again. */
export const backTo = (reply: FastifyReply, path: string, done?: string) =>
  reply.redirect(done === undefined ? path : `${path}${path.includes("?") ? "&" : "?"}done=${done}`, 303);
