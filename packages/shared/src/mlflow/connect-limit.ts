import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";

/** A connection not made by then counts as none: two tries fit into the ten seconds that a person waits. */
const CONNECT_TIMEOUT_MS = 3_500;

/**
 * Agents whose sockets fail with ECONNECTTIMEOUT unless connected in time: a packet that nobody answers would
 * else wait for minutes. No socket is kept for the next request: a server that closes an idle one just then would
 * leave us not knowing whether a creation was done.
 */
export function connectLimitedAgents(options: { insecureTls: boolean; timeoutMs?: number }): {
  httpAgent: HttpAgent;
  httpsAgent: HttpsAgent;
} {
  const { insecureTls, timeoutMs = CONNECT_TIMEOUT_MS } = options;
  return {
    httpAgent: limited(new HttpAgent({ keepAlive: false }), timeoutMs),
    httpsAgent: limited(new HttpsAgent({ keepAlive: false, rejectUnauthorized: !insecureTls }), timeoutMs),
  };
}

function limited<A extends HttpAgent | HttpsAgent>(agent: A, timeoutMs: number): A {
  const create = agent.createConnection.bind(agent) as (...args: unknown[]) => Socket;
  const createLimited = (...args: unknown[]): Socket => {
    const socket = create(...args);
    const refuse = () =>
      socket.destroy(Object.assign(new Error("connecting timed out"), { code: "ECONNECTTIMEOUT" }));
    const timer = setTimeout(refuse, timeoutMs);
    const clear = () => clearTimeout(timer);
    socket.once("connect", clear).once("close", clear);
    return socket;
  };
  agent.createConnection = createLimited as typeof agent.createConnection;
  return agent;
}
