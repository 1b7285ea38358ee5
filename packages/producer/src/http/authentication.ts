import { createHash, timingSafeEqual } from "node:crypto";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { FastifyRequest } from "fastify";

/** What a caller may do: each role may do what the ones before it may. */
export const ROLES = ["read", "submit", "admin"] as const;
export type Role = (typeof ROLES)[number];

const LOOPBACK_HOSTS = new Set(["127.0.0.1", "::1", "localhost"]);

const sha256 = (text: string) => createHash("sha256").update(text).digest();

/** @throws ColaError CONFIG_INVALID if the server would stand open beyond this machine */
export function checkBinding(http: ColaConfig["http"]): void {
  if (LOOPBACK_HOSTS.has(http.host) || http.token !== "") return;
  throw new ColaError(
    "CONFIG_INVALID",
    `COLAML_HOST is ${JSON.stringify(http.host)} but COLAML_API_TOKEN is not set: without a token only 127.0.0.1 is served`,
  );
}

export interface Authentication {
  /** False if no token is configured: loopback callers are admins then. */
  required: boolean;
  /**
   * The role of a request's bearer token, or of its basic password (for the dashboard in a browser).
   * @throws ColaError UNAUTHORIZED without detail
   */
  roleOf(request: FastifyRequest): Role;
}

/** Tokens are compared as digests, all of them, in constant time. */
export function createAuthentication(http: ColaConfig["http"]): Authentication {
  const tokens: [string, Role][] = [
    [http.readToken, "read"],
    [http.submitToken, "submit"],
    [http.token, "admin"],
  ];
  const known = tokens
    .filter(([token]) => token !== "")
    .map(([token, role]) => [sha256(token), role] as const);
  if (known.length === 0) {
    return {
      required: false,
      roleOf: (request) => {
        checkLoopbackHost(request);
        return "admin";
      },
    };
  }
  return {
    required: true,
    roleOf: (request) => {
      const given = sha256(credentialOf(request) ?? "");
      let role: Role | undefined;
      for (const [digest, itsRole] of known) if (timingSafeEqual(digest, given)) role = itsRole;
      if (!role) throw new ColaError("UNAUTHORIZED", "a valid token is needed");
      return role;
    },
  };
}

/** @throws ColaError FORBIDDEN */
export function requireRole(has: Role, needed: Role): void {
  if (ROLES.indexOf(has) >= ROLES.indexOf(needed)) return;
  throw new ColaError("FORBIDDEN", `this token may ${has}: ${needed} is needed here`);
}

function credentialOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization ?? "";
  const [, scheme, value] = /^(Bearer|Basic) ([^\s]{1,4096})$/i.exec(header) ?? [];
  if (value === undefined) return undefined;
  if (scheme!.toLowerCase() === "bearer") return value;
  return Buffer.from(value, "base64")
    .toString("utf8")
    .replace(/^[^:]*:/, "");
}

/**
 * Without tokens a web page in the user's browser must not reach the server under a name of its own that it points
 * at 127.0.0.1 (DNS rebinding): the Host header has to be loopback's.
 */
function checkLoopbackHost(request: FastifyRequest): void {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (LOOPBACK_HOSTS.has(host)) return;
  throw new ColaError("FORBIDDEN", "without a token only requests to 127.0.0.1 or localhost are answered");
}
