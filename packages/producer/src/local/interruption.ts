import { EXIT } from "@colaml/shared/errors/error-table";

/** Thrown when a command stops because of Ctrl-C or SIGTERM: not a failure, and not a success. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM", message: string) {
    super(message);
    this.exitCode = signal === "SIGTERM" ? EXIT.terminated : EXIT.interrupted;
  }
}

/**
 * A signal that aborts at the first Ctrl-C or SIGTERM; the second one ends the process at once, as a person
 * who presses it twice means it. The reason of the abort is the signal's name.
 */
export function abortOnSignals(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const listen = (name: "SIGINT" | "SIGTERM") => () => {
    if (controller.signal.aborted) process.exit(name === "SIGTERM" ? EXIT.terminated : EXIT.interrupted);
    controller.abort(name);
  };
  const onInt = listen("SIGINT");
  const onTerm = listen("SIGTERM");
  process.on("SIGINT", onInt);
  process.on("SIGTERM", onTerm);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", onInt);
      process.off("SIGTERM", onTerm);
    },
  };
}

/** The name of the signal that aborted. */
export function signalName(signal: AbortSignal): "SIGINT" | "SIGTERM" {
  return signal.reason === "SIGTERM" ? "SIGTERM" : "SIGINT";
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
