import type { IncomingHttpHeaders } from "node:http";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The route takes its body as it comes and has a limit of its own on how slowly. */
    streamsBody?: true;
  }
}

/**
 * Ends requests whose body does not come: half a body would hold its connection for ever. Routes that stream their body
 * are left out.
 *
 * @param withinMs from the headers to the last byte of a body
 */
export function addBodyDeadline(server: FastifyInstance, withinMs: number): void {
  server.addHook("preParsing", (request, reply, payload, done) => {
    if (request.routeOptions.config?.streamsBody || !hasBody(request.headers)) return done();
    const late = setTimeout(() => {
      reply.header("connection", "close");
      const seconds = withinMs / 1_000;
      // the parser that waits for more of it answers with this
      payload.emit(
        "error",
        new ColaError("REQUEST_TIMEOUT", `the body was not there within ${seconds} seconds`),
      );
    }, withinMs);
    const stop = () => clearTimeout(late);
    for (const event of ["end", "close", "error"]) payload.once(event, stop);
    reply.raw.once("close", stop);
    done();
  });
}

const hasBody = (headers: IncomingHttpHeaders) =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
