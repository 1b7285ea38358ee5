import { EXIT } from "@colaml/shared/errors/error-table";

const EXIT_OF = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const;

/** Ctrl-C, the request of another program, a terminal that was closed. */
export type StopSignal = keyof typeof EXIT_OF;

const STOP_SIGNALS = Object.keys(EXIT_OF) as StopSignal[];

/** Thrown when a command stops because of a signal: not a failure, and not a success. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: number;

  constructor(signal: StopSignal, message: string) {
    super(message);
    this.exitCode = EXIT_OF[signal];
  }
}

/**
 * A signal that aborts at the first Ctrl-C, SIGTERM or SIGHUP; the second one ends the process at once, as a person who
 * presses it twice means it. The reason of the abort is the signal's name.
 */
export function abortOnSignals(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const listeners = STOP_SIGNALS.map((name) => {
    const listener = () => {
      if (controller.signal.aborted) process.exit(EXIT_OF[name]);
      controller.abort(name);
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return {
    signal: controller.signal,
    release: () => {
      for (const release of listeners) release();
    },
  };
}

/** The name of the signal that aborted. */
export function signalName(signal: AbortSignal): StopSignal {
  return STOP_SIGNALS.find((name) => name === signal.reason) ?? "SIGINT";
}

/** Resolves when the signal aborts, or rejects with `failed`; keeps the process alive until then. */
export async function untilAborted(signal: AbortSignal, failed: Promise<never>): Promise<void> {
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    await Promise.race([aborted(signal), failed]);
  } finally {
    clearInterval(alive);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
