import type { FastifyInstance } from "fastify";

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
