import { announceChampion, followChampions } from "@colaml/shared/queue/champion-changes";
import type { FastifyInstance } from "fastify";
import { createServing, type Serving } from "../serving/serving";
import type { Service } from "./service";

/** Routes that move an alias. */
const MOVES_ALIAS = /\/(promote|rollback)$/;

/**
 * Follows aliases as soon as the server listens, until it closes: every few seconds, at once when another process says
 * that it changed a champion, and at once after a change through this server, which is said to the others.
 */
export function addServing(server: FastifyInstance, { config, queues, log }: Service): Serving {
  const serving = createServing(config, log);
  let unfollow = () => {};
  server.addHook("onListen", async () => {
    serving.start();
    unfollow = followChampions(config.redis, () => void serving.refresh());
  });
  server.addHook("onClose", async () => {
    unfollow();
    await serving.close();
  });
  server.addHook("onResponse", async ({ method, routeOptions, params }, { statusCode }) => {
    if (method !== "POST" || !MOVES_ALIAS.test(routeOptions.url ?? "")) return;
    await serving.refresh();
    const { name } = params as { name?: string };
    if (name !== undefined && statusCode < 400) await announceChampion(queues.redis, queues.settings, name);
  });
  return serving;
}
