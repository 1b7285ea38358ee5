import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ColaError, messageOf } from "../../errors/cola-error";

/** JavaScript memory of the thread; the matrix lies in shared memory and in the wasm heap, outside of it. */
const DEFAULT_THREAD_MB = 512;
/** Of short-lived objects: a thread makes few. */
const YOUNG_MB = 4;

export interface ThreadLimits {
  signal?: AbortSignal;
  /** MB of JavaScript memory the training thread may take. */
  threadMemoryMb?: number;
}

function threadError(error: unknown): ColaError {
  if (error instanceof ColaError) return error;
  const outOfMemory = error instanceof Error && Reflect.get(error, "code") === "ERR_WORKER_OUT_OF_MEMORY";
  const reason = outOfMemory ? "the training thread ran out of memory" : messageOf(error);
  return new ColaError("TRAINING_FAILED", `training failed: ${reason}`, { cause: error });
}

/** What every training thread may say beside its own messages. */
export interface ThreadFailure {
  type: "failed";
  message: string;
}

/** A training thread: messages are answered in order. It is gone after `close`, or when it failed. */
export class TrainingThread<Message extends { type: string }> {
  readonly #worker: Worker;
  readonly #signal: AbortSignal | undefined;
  #failure: unknown;
  #receive: ((message: Exclude<Message, ThreadFailure>) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  /** @param file name of the thread's module in this folder */
  constructor(
    file: string,
    workerData: unknown,
    { signal, threadMemoryMb = DEFAULT_THREAD_MB }: ThreadLimits,
  ) {
    this.#signal = signal;
    this.#worker = new Worker(join(__dirname, file), {
      workerData,
      // Captured: what the module prints is for us, not for the user's terminal.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: threadMemoryMb, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on("message", (message: Message | ThreadFailure) => {
      if (message.type === "failed") this.#fail(threadError((message as ThreadFailure).message));
      else this.#receive?.(message as Exclude<Message, ThreadFailure>);
    });
    this.#worker.on("error", (error) => this.#fail(threadError(error)));
    this.#worker.on("exit", (code) =>
      this.#fail(threadError(`the training thread ended early (exit code ${code})`)),
    );
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  /** Tells the thread something. */
  post(message: unknown): void {
    this.#worker.postMessage(message);
  }

  /**
   * Waits for what the thread says; one at a time may wait.
   *
   * @param receive takes each message but a failure; what it returns is the result, undefined waits for more
   * @throws ColaError TRAINING_FAILED, JOB_CANCELLED; what `receive` throws
   */
  next<Result>(receive: (message: Exclude<Message, ThreadFailure>) => Result | undefined): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#reject = reject;
      this.#receive = (message) => {
        try {
          const result = receive(message);
          if (result !== undefined) resolve(result);
        } catch (error) {
          reject(error);
        }
      };
    });
  }

  /** Ends the thread, whatever it does. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    await this.#worker.terminate();
  }

  readonly #onAbort = (): void => this.#fail(new ColaError("JOB_CANCELLED", "training was cancelled"));

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#reject?.(this.#failure);
  }
}

/**
 * Runs a training thread to its end. Whatever happens, the thread is gone when the promise settles.
 *
 * @param file name of the thread's module in this folder
 * @param receive takes each message but a failure; what it returns is the result, undefined waits for more
 * @throws ColaError TRAINING_FAILED, JOB_CANCELLED; what `receive` throws
 */
export async function runTrainingThread<Message extends { type: string }, Result>(
  file: string,
  workerData: unknown,
  limits: ThreadLimits,
  receive: (message: Exclude<Message, ThreadFailure>) => Result | undefined,
): Promise<Result> {
  const thread = new TrainingThread<Message>(file, workerData, limits);
  try {
    return await thread.next(receive);
  } finally {
    await thread.close();
  }
}
