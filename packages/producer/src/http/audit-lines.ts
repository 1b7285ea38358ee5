import type { FastifyInstance } from "fastify";
import { callerAddress } from "./caller-address";
import type { ServiceLog } from "./service";

const READING = new Set(["GET", "HEAD", "OPTIONS"]);
/** Of a path, which holds names that callers chose. */
const MAX_PATH = 240;

/**
 * A line in the log for each request that changed something: what, by which role, from which address. Scoring changes
 * nothing, and what was refused changed nothing.
 */
export function addAuditLines(server: FastifyInstance, log: Pick<ServiceLog, "info">): void {
  server.addHook("onResponse", async (request, { statusCode }) => {
    const { method, url, role, routeOptions } = request;
    if (READING.has(method) || statusCode >= 400 || routeOptions.config?.limit === "scoring") return;
    const path = url.split("?")[0]!.slice(0, MAX_PATH);
    const client = callerAddress(request);
    log.info("changed by request", { method, path, status: statusCode, client, ...(role && { role }) });
  });
}
