import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyRequest } from "fastify";
import type { PageAccess } from "../page/page-service";
import { type Authentication, ROLES } from "./authentication";
import { callerAddress } from "./caller-address";
import type { FailedTokens } from "./failed-tokens";
import { isOwnOrigin } from "./own-origin";

/** How pages ask who somebody is, and let people in: the API's tokens and sessions. */
export function createPageAccess(authentication: Authentication, failedTokens: FailedTokens): PageAccess {
  return {
    required: authentication.required,
    roleOf: (request) => authentication.roleOf(request),
    may: (role, needed) => ROLES.indexOf(role) >= ROLES.indexOf(needed),
    checkForm,
    logIn(request, token) {
      failedTokens.check(callerAddress(request));
      const role = authentication.roleOfToken(token);
      if (role) return authentication.sessions.begin(role, isSecure(request));
      failedTokens.note(callerAddress(request));
      return undefined;
    },
    logOut: (request) => authentication.sessions.end(request.headers.cookie),
  };
}

/** @throws ColaError FORBIDDEN for a form of another site, which would act in the name of whoever looks at it */
function checkForm({ method, headers }: FastifyRequest): void {
  if (!isOwnOrigin(method, headers))
    throw new ColaError("FORBIDDEN", "this form counts only if it is sent from a page of this server");
}

/** A proxy that ends TLS says so in a header; whoever sends a wrong one harms only its own cookie. */
const isSecure = ({ protocol, headers }: FastifyRequest) =>
  protocol === "https" || headers["x-forwarded-proto"] === "https";
