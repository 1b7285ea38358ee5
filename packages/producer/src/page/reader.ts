import type { FastifyRequest } from "fastify";
import type { Messages } from "./english";
import { LANGUAGES, type Language, languageOf } from "./language";
import type { PageAccess, PageRole } from "./page-service";

/** Who looks at a page, and in which language. */
export interface Reader {
  language: Language;
  t: Messages;
  /** Absent: not logged in. */
  role?: PageRole;
  /** Whether there is a session to leave. */
  hasSession: boolean;
  may(needed: PageRole): boolean;
  /** Path and query of the request. */
  path: string;
}

/** @throws ColaError UNAUTHORIZED, FORBIDDEN */
export function readerOf(request: FastifyRequest, access: PageAccess): Reader {
  const role = access.roleOf(request);
  return {
    ...strangerOf(request),
    role,
    hasSession: access.required && request.headers.authorization === undefined,
    may: (needed) => access.may(role, needed),
  };
}

/** Somebody who has not said who it is: for the door and for what goes wrong. */
export function strangerOf(request: FastifyRequest): Reader {
  const language = languageOf(request.headers);
  return { language, t: LANGUAGES[language], hasSession: false, may: () => false, path: request.url };
}
