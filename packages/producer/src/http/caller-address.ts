import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/**
 * The address of whoever sent a request: of the connection, or, if that is a trusted proxy's (COLAML_TRUSTED_PROXY), the
 * last one of `X-Forwarded-For` that is not a trusted proxy's. What stands there and is not an address does not count.
 */
export function callerAddress({ ip, socket }: FastifyRequest): string {
  return isIP(ip) === 0 ? (socket.remoteAddress ?? "") : ip;
}
