import { createHmac, randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

export const SESSION_COOKIE = "colaml_session";
/** Seconds from login until it is asked again. */
const SESSION_SECONDS = 12 * 3600;
/** Ended sessions that are remembered at most, the oldest is forgotten first. */
const MAX_ENDED = 10_000;
/** Longest `Cookie` header that is looked at. */
const MAX_HEADER = 8_192;

export interface Sessions<Role extends string> {
  /**
   * The `Set-Cookie` header that begins a session.
   * @param secure whether the browser came by https
   */
  begin(role: Role, secure: boolean): string;
  /** The role of a `Cookie` header's session; nothing for none, an altered, an expired or an ended one. */
  roleOf(cookieHeader: string | undefined): Role | undefined;
  /** Ends the session of a `Cookie` header. @returns the `Set-Cookie` header that removes it from the browser */
  end(cookieHeader: string | undefined): string;
}

/**
 * Sessions of browsers: a cookie with role, expiry and id, signed with a key that is derived from that role's token. So it
 * does not hold the token, counts for every server with the same token, survives a restart, and ends when its token
 * is changed. A session that was ended (logout) is refused by this process until it would have expired.
 *
 * @param tokens role -> its token; a role without one has no sessions
 * @param clock milliseconds since 1970; injected for tests
 */
export function createSessions<Role extends string>(
  tokens: Readonly<Partial<Record<Role, string>>>,
  clock: () => number = Date.now,
): Sessions<Role> {
  const keys = new Map<string, Buffer>();
  for (const [role, token] of Object.entries<string | undefined>(tokens))
    if (token) keys.set(role, scryptSync(token, `colaml session 1 ${role}`, 32));
  const ended = new Set<string>();

  /** Role, expiry in seconds since 1970 and id, if the signature holds. */
  const parse = (value: string): { role: Role; id: string } | undefined => {
    const [, role = "", expires = "", id = "", mac = ""] = VALUE.exec(value) ?? [];
    const key = keys.get(role);
    if (!key || !isEqual(signed(key, role, expires, id), mac)) return undefined;
    if (Number(expires) * 1000 <= clock() || ended.has(id)) return undefined;
    return { role: role as Role, id };
  };
  const find = (header: string | undefined) => {
    for (const value of valuesOf(header)) {
      const session = parse(value);
      if (session) return session;
    }
    return undefined;
  };
  return {
    begin(role, secure) {
      const key = keys.get(role);
      if (!key) throw new Error(`role ${role} has no token`);
      const expires = String(Math.floor(clock() / 1000) + SESSION_SECONDS);
      const id = randomBytes(16).toString("base64url");
      const value = `${role}.${expires}.${id}.${signed(key, role, expires, id)}`;
      return setCookie(value, SESSION_SECONDS, secure);
    },
    roleOf: (header) => find(header)?.role,
    end(header) {
      const session = find(header);
      if (session) ended.add(session.id);
      if (ended.size > MAX_ENDED) ended.delete(ended.values().next().value!);
      return setCookie("", 0, false);
    },
  };
}

const VALUE = /^([a-z]{1,20})\.(\d{1,12})\.([\w-]{22})\.([\w-]{43})$/;

const signed = (key: Buffer, role: string, expires: string, id: string) =>
  createHmac("sha256", key).update(`${role}.${expires}.${id}`).digest("base64url");

function isEqual(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Every value of our name: a browser may send several, of other paths. */
function valuesOf(header: string | undefined): string[] {
  if (header === undefined || header.length > MAX_HEADER) return [];
  return header.split(";").flatMap((part) => {
    const [name, value] = part.trim().split("=", 2);
    return name === SESSION_COOKIE && value !== undefined ? [value] : [];
  });
}

/** Strict: no other site's link or form carries it. HttpOnly: no script reads it. */
const setCookie = (value: string, seconds: number, secure: boolean) =>
  `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
