import type { ServerResponse } from "node:http";

/** One server-sent event. */
export interface ServerEvent {
  id: string;
  event: string;
  /** Sent as JSON. */
  data: unknown;
}

/** Proxies end connections on which nothing was said for a minute. */
const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for this many of them is let go. */
const MAX_MISSED = 4;
/** A browser comes back so soon after a connection that broke off. */
const RETRY_MS = 2_000;

/** An answer that goes on: events as a browser's `EventSource` reads them. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  /** What a reader that is slow gets next: the present state, not all that it missed. */
  #waiting: string | undefined;
  #isFull = false;
  #missed = 0;

  /** @param heartbeatMs between comments that keep the connection open */
  constructor(response: ServerResponse, heartbeatMs = HEARTBEAT_MS) {
    this.#response = response;
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.on("drain", () => this.#drained());
    response.on("error", () => {});
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    response.once("close", () => clearInterval(this.#heartbeat));
  }

  send(event: ServerEvent): void {
    const text = textOf(event);
    if (this.#isFull) this.#waiting = text;
    else this.#write(text);
  }

  /** The last event. */
  end(event?: ServerEvent): void {
    if (!this.#response.writableEnded) this.#response.end(event === undefined ? "" : textOf(event));
  }

  /** Also after the end: it must be read some day. */
  #beat(): void {
    if (!this.#isFull && !this.#response.writableEnded) this.#write(": still here\n\n");
    else if (++this.#missed >= MAX_MISSED) this.#response.destroy();
  }

  #write(text: string): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#isFull = !this.#response.write(text);
  }

  #drained(): void {
    this.#isFull = false;
    this.#missed = 0;
    const text = this.#waiting;
    this.#waiting = undefined;
    if (text !== undefined) this.#write(text);
  }
}

/** JSON holds no line end: each field is one line. */
const textOf = ({ id, event, data }: ServerEvent) =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
