import { createHash, timingSafeEqual } from "node:crypto";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { isForLoopback, LOOPBACK_HOSTS } from "@colaml/shared/worker/loopback-host";
import type { FastifyRequest } from "fastify";
import { isOwnOrigin } from "./own-origin";
import { createSessions, type Sessions } from "./session-cookie";

/** What a caller may do: each role may do what the ones before it may. */
export const ROLES = ["read", "submit", "admin"] as const;
export type Role = (typeof ROLES)[number];

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
   * The role of a request's bearer token, of its basic password or of its session. A session counts only for requests
   * of this server's own pages.
   * @throws ColaError UNAUTHORIZED without detail; FORBIDDEN for a session that another site's page uses
   */
  roleOf(request: FastifyRequest): Role;
  /** The role of a token; nothing if it is not one of the configured ones. */
  roleOfToken(token: string): Role | undefined;
  /** The sessions of browsers that have given a token. */
  sessions: Sessions<Role>;
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
  const roleOfToken = (token: string) => {
    const given = sha256(token);
    let role: Role | undefined;
    for (const [digest, itsRole] of known) if (timingSafeEqual(digest, given)) role = itsRole;
    return role;
  };
  const sessions = createSessions<Role>(Object.fromEntries(tokens.map(([token, role]) => [role, token])));
  const withoutTokens = (request: FastifyRequest): Role => {
    checkLoopbackHost(request);
    return "admin";
  };
  const withTokens = (request: FastifyRequest): Role => {
    const { authorization } = request.headers;
    const role =
      authorization === undefined
        ? roleOfSession(sessions, request)
        : roleOfToken(credentialOf(authorization));
    if (!role) throw new ColaError("UNAUTHORIZED", "a valid token is needed");
    return role;
  };
  const required = known.length > 0;
  return { required, roleOf: required ? withTokens : withoutTokens, roleOfToken, sessions };
}

/** @throws ColaError FORBIDDEN */
function roleOfSession(sessions: Sessions<Role>, { method, headers }: FastifyRequest): Role | undefined {
  const role = sessions.roleOf(headers.cookie);
  if (role === undefined || isOwnOrigin(method, headers)) return role;
  throw new ColaError("FORBIDDEN", "a session counts only for requests that come from a page of this server");
}

/** @throws ColaError FORBIDDEN */
export function requireRole(has: Role, needed: Role): void {
  if (ROLES.indexOf(has) >= ROLES.indexOf(needed)) return;
  throw new ColaError("FORBIDDEN", `this token may ${has}: ${needed} is needed here`);
}

/** What an `Authorization` header names; empty, which no token is, if it is of another kind. */
function credentialOf(header: string): string {
  const [, scheme, value] = /^(Bearer|Basic) ([^\s]{1,4096})$/i.exec(header) ?? [];
  if (value === undefined) return "";
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
  if (isForLoopback(request.raw)) return;
  throw new ColaError("FORBIDDEN", "without a token only requests to 127.0.0.1 or localhost are answered");
}
