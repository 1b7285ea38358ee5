import { SUBMITTABLE_QUEUES } from "@colaml/shared/contracts/catalogue";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** The methods that routes take for the path of a request, sorted; none: no route has this path. */
export type AllowedMethods = (url: string) => string[];

/** Collects the methods of the routes that are added from now on. */
export function collectMethods(server: FastifyInstance): AllowedMethods {
  const routes: { path: RegExp; methods: readonly string[] }[] = [];
  server.addHook("onRoute", ({ url, method }) => {
    routes.push({ path: pathPattern(url), methods: [method].flat() });
  });
  return (url) => {
    const path = url.split("?", 1)[0]!;
    const methods = routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  };
}

/** `/jobs/:id` and `/files/*`, as the router has them. */
function pathPattern(url: string): RegExp {
  const literal = url.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replace(/:\w+/g, "[^/]+").replace("*", ".*")}$`);
}

/** 405 with `Allow` for a path that other methods have; 404 for one that no route has, or a queue that takes no jobs. */
export function answerNoRoute(
  { method, url }: FastifyRequest,
  reply: FastifyReply,
  allowedMethods: AllowedMethods,
): FastifyReply {
  const refuse = (status: number, message: string) =>
    reply.code(status).send({ error_code: "USAGE", message });
  if (method === "POST" && /^\/jobs\/[^/?]+\/?(\?|$)/.test(url))
    return refuse(404, `no such queue here: POST /jobs/QUEUE takes ${SUBMITTABLE_QUEUES.join(", ")}`);
  const allowed = allowedMethods(url).join(", ");
  if (allowed === "") return refuse(404, "no such route: see /docs");
  reply.header("allow", allowed);
  return refuse(405, `${method} is not a method of this route: allowed are ${allowed}; see /docs`);
}
