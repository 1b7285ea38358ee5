import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { Alert } from "@colaml/shared/contracts/alerts";
import type { RedisConnection } from "@colaml/shared/queue/connection";
import type { ExclusiveLocks } from "@colaml/shared/queue/exclusive-lock";
import type { WorkerProcess } from "@colaml/shared/worker/worker-process";
import { AlertEngine } from "./alert-engine";
import { AlertOutbox, type DeliveryOutcome } from "./alert-outbox";
import { openAlertQueue } from "./alert-queue";
import { startDelivery } from "./delivery-loop";
import { createWebhookSender } from "./webhook";

/** Who counts alerts and tries to post them. */
export interface AlertMetrics {
  alerted(alert: Alert): void;
  delivery(outcome: DeliveryOutcome): void;
}

export interface OpenAlerts {
  engine: AlertEngine;
  /** Starts posting to the webhook, if there is one, and removing old alerts; ends with the process's lifecycle. */
  startDelivery(): void;
}

/**
 * The alerts of a monitor process: engine, store, the queue `alerts`, metrics and the webhook of the configuration.
 *
 * @throws ColaError CONFIG_INVALID for a webhook that may not be posted to
 */
export function openAlerts(
  { config, logger, lifecycle }: WorkerProcess,
  connection: RedisConnection,
  locks: ExclusiveLocks,
  metrics: AlertMetrics,
): OpenAlerts {
  const { webhook, redis, paths } = config;
  const { stateDir, filesKept } = paths;
  const outbox =
    webhook.url === ""
      ? undefined
      : new AlertOutbox({
          stateDir,
          send: createWebhookSender(webhook),
          giveUpAfterMs: webhook.giveUpAfterS * 1_000,
          filesKept,
          logger,
          onOutcome: metrics.delivery,
        });
  const incidents = new IncidentStore(stateDir, (line) => logger.error(line));
  const queue = openAlertQueue({ connection, redis, logger });
  const engine = new AlertEngine({
    stateDir,
    incidents,
    logger,
    sinks: [
      ...(outbox ? [(alert: Alert) => outbox.put(alert)] : []),
      (alert) => queue.add(alert),
      async (alert) => metrics.alerted(alert),
      async (alert) => {
        if (alert.status === "recovered") await incidents.keepNewest(filesKept);
      },
    ],
  });
  return {
    engine,
    startDelivery() {
      lifecycle.graceful.onStop("trimming of alerts", queue.keepTrimmed());
      if (!outbox) return;
      // Redis being away must not hold an alert back: a receiver knows a message that comes twice by its id.
      const oneAtATime = (work: () => Promise<unknown>) =>
        connection.status === "ready" ? locks.tryHold("alert-delivery", work) : work();
      lifecycle.graceful.onStop("alert delivery", startDelivery(outbox, logger, oneAtATime));
    },
  };
}
