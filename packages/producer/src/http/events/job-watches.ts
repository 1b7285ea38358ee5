import { type ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import type { JobView } from "../../submit/job-view";

/** What a watcher hears of its job. */
export type JobNews =
  | { kind: "job"; job: JobView }
  /** The job was removed. */
  | { kind: "gone"; error: ColaError }
  /** Redis does not answer: reported once, watching goes on. */
  | { kind: "unavailable"; error: ColaError };

type Listener = (news: JobNews) => void;

interface Watch {
  listeners: Set<Listener>;
  /** The last news, as text: the same again is none. */
  last: string;
}

/**
 * Looks at the jobs that somebody watches, once per job and round however many watch it, over the connection that all
 * queues share. Looking is the truth, as everywhere: events of BullMQ may be trimmed or lost, and need a blocking
 * connection per queue.
 */
export class JobWatches {
  readonly #look: (reference: string) => Promise<JobView>;
  readonly #pollMs: number;
  readonly #watches = new Map<string, Watch>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  /**
   * @param look answers or fails within seconds, whatever state Redis is in
   * @param pollMs between two rounds
   */
  constructor(look: (reference: string) => Promise<JobView>, pollMs: number) {
    this.#look = look;
    this.#pollMs = pollMs;
  }

  /** Jobs that are watched now. */
  get size(): number {
    return this.#watches.size;
  }

  /**
   * Calls `listener` with each change of a job from the next round on.
   *
   * @param reference `queue/id`
   * @returns ends it; may be called twice
   */
  watch(reference: string, listener: Listener): () => void {
    const watch = this.#watches.get(reference) ?? { listeners: new Set(), last: "" };
    watch.listeners.add(listener);
    // whoever is new knows nothing yet
    watch.last = "";
    this.#watches.set(reference, watch);
    this.#schedule();
    return () => {
      watch.listeners.delete(listener);
      if (watch.listeners.size === 0) this.#watches.delete(reference);
      if (this.#watches.size === 0) clearTimeout(this.#timer);
    };
  }

  #schedule(): void {
    if (this.#isLooking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#round(), this.#pollMs);
  }

  async #round(): Promise<void> {
    this.#isLooking = true;
    const watched = [...this.#watches];
    await Promise.all(watched.map(([reference, watch]) => this.#lookAt(reference, watch)));
    this.#isLooking = false;
    if (this.#watches.size > 0) this.#schedule();
  }

  async #lookAt(reference: string, watch: Watch): Promise<void> {
    const news = await this.#look(reference).then(
      (job): JobNews => ({ kind: "job", job }),
      (thrown: unknown): JobNews => {
        const error = toColaError(thrown);
        return { kind: error.code === "JOB_NOT_FOUND" ? "gone" : "unavailable", error };
      },
    );
    const text = JSON.stringify(news);
    if (text === watch.last) return;
    watch.last = text;
    for (const listener of [...watch.listeners]) listener(news);
  }
}
