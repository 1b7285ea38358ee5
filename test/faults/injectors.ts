import { setTimeout as delay } from "node:timers/promises";
import { closeRedis, connectRedis } from "@colaml/shared/queue/connection";
import type { Deployment } from "./deployment";
import { between, pick, type Random } from "./schedule";

/** A way to hurt a deployment. */
export interface Injector {
  readonly kind: string;
  /** Two strikes of one target do not overlap. */
  readonly target: "processes" | "redis" | "redis way" | "mlflow" | "webhook" | "disk";
  /** Why it cannot be done here; absent: it can. */
  readonly missing?: string;
  /** Resolves when the fault is over. */
  strike(random: Random): Promise<void>;
}

const HOUR_MS = 3_600_000;
const LOADING = "-LOADING Redis is loading the dataset in memory\r\n";
const PAGE = "<!DOCTYPE html><html><body>Sign in to continue</body></html>";

/** What a run does to a deployment. */
export function injectorsOf(deployment: Deployment): Injector[] {
  return [
    ...processFaults(deployment),
    ...redisFaults(deployment),
    ...networkFaults(deployment),
    ...mlflowFaults(deployment),
    webhookFault(deployment),
    diskFault(deployment),
  ];
}

function processFaults({ fleet, releases }: Deployment): Injector[] {
  const { older, newer } = releases;
  const worker = (random: Random) => pick(random, fleet.workers);
  const server = fleet.roles.find((role) => role.package === "producer")!;
  const target = "processes";
  const kill = (kind: string, isStruck: (name: string) => boolean): Injector => ({
    kind: `${kind} killed`,
    target,
    strike: (random) =>
      fleet.restart(
        pick(
          random,
          fleet.roles.filter(({ name }) => isStruck(name)),
        ),
        "SIGKILL",
      ),
  });
  return [
    kill("coordinator", (name) => name.startsWith("coordinator")),
    kill("predictor", (name) => name.startsWith("predictor")),
    kill("trainer", (name) => name.startsWith("trainer")),
    kill("monitor", (name) => name.startsWith("monitor")),
    kill("server", (name) => name === server.name),
    { kind: "worker stopped", target, strike: (random) => fleet.restart(worker(random), "SIGTERM") },
    {
      kind: "worker frozen",
      target,
      strike: (random) => fleet.freeze(worker(random), between(random, 500, 5_000)),
    },
    {
      kind: "worker's clock wrong by an hour",
      target,
      async strike(random) {
        const role = worker(random);
        const clockShiftMs = random() < 0.5 ? HOUR_MS : -HOUR_MS;
        await fleet.restart(role, "SIGTERM", { clockShiftMs });
        await delay(between(random, 2_000, 5_000));
        await fleet.restart(role, "SIGTERM");
      },
    },
    {
      kind: "worker of the other release",
      target,
      ...(older ? {} : { missing: "there is no older release: name one by --older REV" }),
      async strike(random) {
        const role = worker(random);
        const isOld = fleet.releaseOf(role) === older;
        await fleet.restart(role, random() < 0.5 ? "SIGTERM" : "SIGKILL", {
          release: isOld ? newer : older!,
        });
      },
    },
  ];
}

function redisFaults({ redis }: Deployment): Injector[] {
  const target = "redis";
  return [
    {
      kind: "Redis killed",
      target,
      async strike(random) {
        await redis.kill();
        await delay(between(random, 0, 3_000));
        await redis.restart();
      },
    },
    {
      kind: "Redis frozen",
      target,
      async strike(random) {
        redis.signal("SIGSTOP");
        await delay(between(random, 500, 4_000));
        redis.signal("SIGCONT");
      },
    },
    {
      kind: "Redis full",
      target,
      async strike(random) {
        const admin = connectRedis({ url: redis.url, prefix: "{t}", cluster: false });
        await admin.call("CONFIG", "SET", "maxmemory", "1");
        await delay(between(random, 500, 3_000));
        await admin.call("CONFIG", "SET", "maxmemory", "0");
        closeRedis(admin);
      },
    },
  ];
}

function networkFaults({ redisWay }: Deployment): Injector[] {
  const target = "redis way";
  const during = async (random: Random, most: number, begin: () => void, end: () => void) => {
    begin();
    await delay(between(random, 500, most));
    end();
  };
  return [
    { kind: "connections to Redis cut", target, strike: async () => redisWay.cutFlows() },
    { kind: "connections to Redis forgotten", target, strike: async () => redisWay.forgetFlows() },
    {
      kind: "way to Redis slow",
      target,
      strike: (random) =>
        during(
          random,
          3_000,
          () => redisWay.delayBy(between(random, 20, 300)),
          () => redisWay.delayBy(0),
        ),
    },
    {
      kind: "way to Redis lies (LOADING)",
      target,
      strike: (random) =>
        during(
          random,
          2_000,
          () => {
            redisWay.answerInstead(LOADING);
            redisWay.cutFlows();
          },
          () => {
            redisWay.answerInstead(undefined);
            redisWay.cutFlows();
          },
        ),
    },
  ];
}

function mlflowFaults({ mlflowWay, ownMlflow }: Deployment): Injector[] {
  const target = "mlflow";
  const way = (kind: string, fault: (random: Random) => Partial<Deployment["mlflowWay"]>): Injector => ({
    kind,
    target,
    async strike(random) {
      const before = { ...mlflowWay };
      Object.assign(mlflowWay, fault(random));
      await delay(between(random, 1_000, 4_000));
      Object.assign(mlflowWay, before);
    },
  });
  const answer = (status: number, body: string, type?: string) => () => ({
    status,
    body,
    ...(type ? { type } : {}),
  });
  return [
    way("way to MLflow cut", () => ({ passes: () => false })),
    way("way to MLflow slow", (random) => ({ waits: () => between(random, 100, 2_000) })),
    way("MLflow answers 503", () => ({ answers: answer(503, "busy", "text/plain") })),
    way("MLflow answers a page", () => ({ answers: answer(200, PAGE, "text/html") })),
    way("MLflow's answers lost", (random) => ({ loses: () => random() < 0.5 })),
    {
      kind: "MLflow killed",
      target,
      ...(ownMlflow ? {} : { missing: "the MLflow of all tests is shared in the short form" }),
      async strike() {
        await ownMlflow!.kill();
        await ownMlflow!.restart();
      },
    },
  ];
}

function webhookFault({ webhook }: Deployment): Injector {
  return {
    kind: "webhook fails",
    target: "webhook",
    async strike(random) {
      webhook.answer = pick(random, [500, 302, "silent"] as const);
      await delay(between(random, 1_000, 4_000));
      webhook.answer = 200;
    },
  };
}

function diskFault({ disk }: Deployment): Injector {
  return {
    kind: "disk full",
    target: "disk",
    ...(disk.fill ? {} : { missing: "no disk can be mounted here: it takes root" }),
    async strike(random) {
      disk.fill!();
      await delay(between(random, 500, 2_500));
      disk.empty();
    },
  };
}
