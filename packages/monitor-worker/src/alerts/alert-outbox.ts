import { access, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Alert, alertSchema } from "@colaml/shared/contracts/alerts";
import { messageOf, toColaError } from "@colaml/shared/errors/cola-error";
import { makeFolder } from "@colaml/shared/files/durable-file";
import { inputError, systemCode } from "@colaml/shared/files/file-errors";
import { keepNewest } from "@colaml/shared/files/keep-newest";
import { isNewer, parseDocument, reasonOf, writeDocument } from "@colaml/shared/files/state-document";
import { stateFolder } from "@colaml/shared/files/state-folder";
import type { Logger } from "@colaml/shared/logging/logger";
import { z } from "zod";
import type { SendAlert } from "./webhook";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;

const letterSchema = z.object({
  alert: alertSchema,
  attempts: z.number().int().min(0),
  /** Milliseconds since 1970. */
  firstAt: z.number().min(0),
  nextAt: z.number().min(0),
});
type Letter = z.infer<typeof letterSchema>;

/** Oldest first, and an alert before its recovery, whatever the clocks of those who wrote them said. */
function inOrder<T extends { letter: Letter }>(letters: readonly T[]): T[] {
  const firing = new Map(
    letters.flatMap(({ letter: { alert, firstAt } }) =>
      alert.status === "firing" ? [[alert.id, firstAt] as const] : [],
    ),
  );
  const order = ({ letter: { alert, firstAt } }: T) =>
    alert.status === "firing" ? firstAt : Math.max(firstAt, (firing.get(alert.id) ?? 0) + 1);
  return [...letters].sort((a, b) => order(a) - order(b));
}

/** How deliveries ended, for `/metrics`. */
export type DeliveryOutcome = "delivered" | "retried" | "given_up";

export interface OutboxOptions {
  /** `paths.stateDir`. */
  stateDir: string;
  send: SendAlert;
  giveUpAfterMs: number;
  /** Delivered alerts, and those that were given up, that stay of each: the newest. */
  filesKept: number;
  logger: Logger;
  onOutcome?: (outcome: DeliveryOutcome) => void;
  now?: () => number;
  random?: () => number;
}

/**
 * Alerts on their way to the webhook, a file each in `<state>/alerts/outbox`: written before the check ends, and moved
 * to `<state>/alerts/delivered` when the webhook took it, so neither a webhook that is down nor a killed worker loses
 * one. What could not be delivered within the limit moves to `<state>/alerts/undelivered`.
 */
export class AlertOutbox {
  readonly #options: OutboxOptions;
  readonly #folder: string;
  readonly #undelivered: string;
  readonly #delivered: string;
  /** Files that stay in the outbox, of a newer release or unreadable, and were reported. */
  readonly #reported = new Set<string>();
  #flushing: Promise<number | undefined> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { outbox, delivered, undelivered } = stateFolder(options.stateDir);
    this.#folder = outbox;
    this.#undelivered = undelivered;
    this.#delivered = delivered;
  }

  /** Keeps an alert until it is delivered. The same message twice is one, also when it is out already. */
  async put(alert: Alert): Promise<void> {
    const name = nameOf(alert);
    if (await exists(join(this.#delivered, name))) return;
    const now = this.#now();
    await this.#write(name, { alert, attempts: 0, firstAt: now, nextAt: now });
  }

  /**
   * Tries every alert that is due, oldest first.
   *
   * @returns milliseconds until the next one is due, undefined if none waits
   */
  flush(): Promise<number | undefined> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(): Promise<number | undefined> {
    let next: number | undefined;
    const waiting = new Set<string>();
    for (const { name, letter } of await this.#letters()) {
      const { id } = letter.alert;
      // A recovery that came before its alert would leave the receiver alarmed.
      if (waiting.has(id)) continue;
      const left = letter.nextAt - this.#now();
      // One that is due later than any wait allows was written by a clock that was ahead.
      const isDue = left <= 0 || left > LONGEST_WAIT_MS;
      const waits = isDue ? await this.#deliver(name, letter) : left;
      if (waits === undefined) continue;
      waiting.add(id);
      next = Math.min(next ?? waits, waits);
    }
    return next;
  }

  async #letters(): Promise<{ name: string; letter: Letter }[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const letters = names
      .filter((name) => name.endsWith(".json"))
      .map(async (name) => {
        const letter = await this.#read(name);
        return letter ? [{ name, letter }] : [];
      });
    return inOrder((await Promise.all(letters)).flat());
  }

  /** Nothing if a file is not a letter, or that of a newer release, or cannot be read: one must not hold up the others. */
  async #read(name: string): Promise<Letter | undefined> {
    const path = join(this.#folder, name);
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      // Another worker of this folder may have delivered it meanwhile.
      if (systemCode(error) !== "ENOENT") this.#reportOnce(name, inputError(path, error));
      return undefined;
    }
    try {
      return parseDocument("letter", path, bytes, letterSchema);
    } catch (error) {
      if (isNewer(error)) this.#reportOnce(name, error);
      else {
        await this.#move(name, this.#undelivered);
        const kept = `kept in ${this.#undelivered}`;
        this.#options.logger.error(`alert file ${name} cannot be read: ${kept} (${reasonOf(error)})`);
      }
      return undefined;
    }
  }

  #reportOnce(name: string, { message }: Error): void {
    if (!this.#reported.has(name)) this.#options.logger.error(`alert not delivered: ${message}`);
    this.#reported.add(name);
  }

  async #deliver(name: string, letter: Letter): Promise<number | undefined> {
    const { send, logger, onOutcome } = this.#options;
    const facts = { alert: letter.alert.id, status: letter.alert.status, attempt: letter.attempts + 1 };
    try {
      await send(letter.alert);
      await this.#move(name, this.#delivered);
      onOutcome?.("delivered");
      logger.info("alert delivered to the webhook", facts);
      return undefined;
    } catch (error) {
      return await this.#postpone(name, letter, toColaError(error).retryable, {
        ...facts,
        reason: messageOf(error),
      });
    }
  }

  /** Doubles the wait each time, half of it by chance, so that many senders do not come at once. */
  async #postpone(
    name: string,
    letter: Letter,
    retryable: boolean,
    facts: Record<string, unknown>,
  ): Promise<number | undefined> {
    const { logger, giveUpAfterMs, onOutcome, random = Math.random } = this.#options;
    const now = this.#now();
    if (!retryable || now - letter.firstAt >= giveUpAfterMs) {
      await this.#move(name, this.#undelivered);
      onOutcome?.("given_up");
      logger.error(`alert given up: kept in ${this.#undelivered}`, facts);
      return undefined;
    }
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** letter.attempts);
    const wait = Math.round(longest * (0.5 + random() / 2));
    await this.#write(name, { ...letter, attempts: letter.attempts + 1, nextAt: now + wait });
    onOutcome?.("retried");
    logger.warn("the webhook did not take an alert, it is retried", { ...facts, waitMs: wait });
    return wait;
  }

  async #move(name: string, folder: string): Promise<void> {
    await makeFolder(folder);
    try {
      await rename(join(this.#folder, name), join(folder, name));
    } catch (error) {
      // While Redis is away nothing keeps two workers apart: the other one was faster.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    await keepNewest(folder, this.#options.filesKept);
  }

  async #write(name: string, letter: Letter): Promise<void> {
    await writeDocument("letter", join(this.#folder, name), letter, 0o600);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

const nameOf = (alert: Alert) => `${alert.id}.${alert.status}.json`;

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
