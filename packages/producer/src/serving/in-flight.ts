import { ColaError } from "@colaml/shared/errors/cola-error";

/** Counts requests in hand and refuses more than `most`. */
export class InFlight {
  readonly #most: number;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** @throws ColaError SERVER_BUSY */
  enter(): void {
    if (this.#count >= this.#most)
      throw new ColaError(
        "SERVER_BUSY",
        `${this.#most} scoring requests are in hand (COLAML_SERVE_IN_FLIGHT): try again`,
      );
    this.#count++;
  }

  leave(): void {
    this.#count--;
  }
}
