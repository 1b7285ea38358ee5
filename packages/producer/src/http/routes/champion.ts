import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import {
  type ChampionChange,
  type ChampionWish,
  promoteByHand,
  rollBackByHand,
} from "../../registry/champion-by-hand";
import { checkedPayload } from "../../submit/payloads";
import { bodyOf } from "../json-body";
import { answer, type Operation, refused, takes } from "../openapi/operation";
import { registryAccess } from "../registry-access";
import type { Service } from "../service";

const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    // Not a pattern: readers of the JSON Schema in other languages do not know \p.
    .refine((given) => !/\p{Cc}/u.test(given), "allowed: no control characters");
const version = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,9}$/, "allowed: the number of a version"));
const wish = { reason: line(500), by: line(128).optional(), from: version.optional() };
const promoteSchema = z.strictObject({ version, ...wish });
const rollbackSchema = z.strictObject({ to: version.optional(), ...wish });

const text = { type: "string" };
const changing = (operationId: string, summary: string, schema: z.ZodType, example: object): Operation => ({
  operationId,
  summary,
  parameters: [{ name: "name", in: "path", required: true, schema: text }],
  ...takes(schema, example),
  responses: {
    "200": answer("the champion now; `changed` is false if it was that before", {
      type: "object",
      required: ["model", "version", "changed"],
      properties: { model: text, version: text, replaced: text, changed: { type: "boolean" } },
    }),
    ...refused,
  },
  also: [412],
});

const PROMOTE = changing("promoteVersion", "Rehearse a version and make it the champion", promoteSchema, {
  version: "5",
  reason: "better on refunds, see ticket 812",
  by: "ana",
});
const ROLLBACK = changing(
  "rollBackChampion",
  "Make the previous champion, or an earlier one, the champion again",
  rollbackSchema,
  { to: "4", reason: "complaints since Tuesday", by: "ana" },
);

type Change = (mlflow: MlflowClient, wish: ChampionWish, version?: string) => Promise<ChampionChange>;

interface ByName {
  Params: { name: string };
}

/** `POST /models/:name/{promote,rollback}`: the same as `cola models promote` and `rollback`. */
export function addChampionRoutes(server: FastifyInstance, service: Service): void {
  const { config, log } = service;
  const registry = registryAccess(service);
  let last: Promise<unknown> = Promise.resolve();
  /** One after another: each looks at the champion before it moves it. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  const change = async (run: Change, given: Omit<ChampionWish, "hmacKey">, to?: string) => {
    const mlflow = await registry.mlflow();
    const done = await inTurn(() => run(mlflow, { ...given, hmacKey: config.model.hmacKey }, to));
    if (done.changed) log.info("champion changed", { ...done, reason: given.reason, by: given.by });
    return done;
  };
  server.post<ByName>(
    "/models/:name/promote",
    { config: { role: "admin", operation: PROMOTE } },
    async (request) => {
      const { version: to, ...rest } = checkedPayload(promoteSchema, bodyOf(request));
      const promote: Change = (mlflow, wanted) => promoteByHand(mlflow, wanted, to);
      return change(promote, { name: registry.nameOf(request), ...rest });
    },
  );
  server.post<ByName>(
    "/models/:name/rollback",
    { config: { role: "admin", operation: ROLLBACK } },
    async (request) => {
      const { to, ...rest } = checkedPayload(rollbackSchema, bodyOf(request));
      return change(rollBackByHand, { name: registry.nameOf(request), ...rest }, to);
    },
  );
}
