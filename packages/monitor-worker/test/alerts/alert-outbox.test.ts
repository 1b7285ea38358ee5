import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertOutbox, type DeliveryOutcome } from "@colaml/monitor-worker/alerts/alert-outbox";
import { createWebhookSender } from "@colaml/monitor-worker/alerts/webhook";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { alert, loopback, receiver, silent } from "./webhook-receiver";

describe("the outbox", () => {
  let stateDir: string;
  let clock: number;
  const outcomes: DeliveryOutcome[] = [];
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "outbox-"));
    clock = 1_000_000;
    outcomes.length = 0;
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  function outbox(send: (alert: Alert) => Promise<void>, giveUpAfterMs = 60_000) {
    return new AlertOutbox({
      filesKept: 1_000,
      stateDir,
      send,
      giveUpAfterMs,
      logger: silent,
      onOutcome: (outcome) => outcomes.push(outcome),
      now: () => clock,
      random: () => 1,
    });
  }

  it("delivers after failures with growing waits, the same message id each time, and once", async () => {
    const { received, settings, close } = await receiver([500, 503]);
    const box = outbox(createWebhookSender(settings, loopback));
    await box.put(alert);
    await box.put(alert);
    expect(await box.flush()).toBe(1_000);
    expect(await box.flush()).toBe(1_000);
    clock += 1_000;
    expect(await box.flush()).toBe(2_000);
    clock += 2_000;
    expect(await box.flush()).toBeUndefined();
    expect(await box.flush()).toBeUndefined();
    await close();
    expect(outcomes).toEqual(["retried", "retried", "delivered"]);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(await readdir(join(stateDir, "alerts", "outbox"))).toEqual([]);
  });

  it("does not wait for a time that a clock which was ahead named", async () => {
    const sent: string[] = [];
    let isDown = true;
    const box = outbox(async ({ status }) => {
      if (isDown) throw new ColaError("WEBHOOK_FAILED", "down");
      sent.push(status);
    });
    const today = clock;
    clock += 3_600_000;
    await box.put(alert);
    expect(await box.flush()).toBe(1_000);
    clock = today;
    isDown = false;
    expect(await box.flush()).toBeUndefined();
    expect(sent).toEqual(["firing"]);
  });

  it("does not send again what is out already, though a check that is repeated reports it again", async () => {
    const sent: string[] = [];
    const box = outbox(async ({ status }) => void sent.push(status));
    await box.put(alert);
    await box.flush();
    await box.put(alert);
    await box.flush();
    expect(sent).toEqual(["firing"]);
  });

  it("sets a file aside that it cannot read, and delivers the others", async () => {
    const sent: string[] = [];
    const box = outbox(async ({ id }) => void sent.push(id));
    await box.put(alert);
    await writeFile(join(stateDir, "alerts", "outbox", "broken.json"), "{");
    await writeFile(join(stateDir, "alerts", "outbox", "other.json"), "{}");
    await box.flush();
    expect(sent).toEqual([alert.id]);
    expect((await readdir(join(stateDir, "alerts", "undelivered"))).sort()).toEqual([
      "broken.json",
      "other.json",
    ]);
  });

  it("delivers what a clock that was an hour ahead wrote, at once and the alert before its recovery", async () => {
    const sent: string[] = [];
    const box = outbox(async ({ status }) => void sent.push(status));
    clock += 3_600_000;
    await box.put(alert);
    clock -= 3_600_000;
    await box.put({ ...alert, status: "recovered" });
    expect(await box.flush()).toBeUndefined();
    expect(sent).toEqual(["firing", "recovered"]);
  });

  it("sends no recovery before its alert", async () => {
    const sent: string[] = [];
    let isDown = true;
    const box = outbox(async ({ status }) => {
      if (isDown) throw new Error("down");
      sent.push(status);
    });
    await box.put(alert);
    await box.flush();
    clock += 1;
    await box.put({ ...alert, status: "recovered" });
    isDown = false;
    // The alert waits for its next try: its recovery, which is due, waits with it.
    await box.flush();
    expect(sent).toEqual([]);
    clock += 1_000;
    await box.flush();
    expect(sent).toEqual(["firing", "recovered"]);
  });

  it("loses nothing when the process ends: the next one delivers", async () => {
    const down = outbox(() => Promise.reject(new Error("down")));
    await down.put(alert);
    await down.flush();
    clock += 10_000;
    const delivered: Alert[] = [];
    await outbox(async (sent) => void delivered.push(sent)).flush();
    expect(delivered).toEqual([alert]);
  });

  it("gives up after the limit and keeps what it could not deliver", async () => {
    const box = outbox(() => Promise.reject(new Error("down")), 5_000);
    await box.put(alert);
    await box.flush();
    clock += 5_000;
    expect(await box.flush()).toBeUndefined();
    expect(outcomes).toEqual(["retried", "given_up"]);
    expect(await readdir(join(stateDir, "alerts", "undelivered"))).toEqual([
      "quality-modelo_nuevo-7.firing.json",
    ]);
  });
});
