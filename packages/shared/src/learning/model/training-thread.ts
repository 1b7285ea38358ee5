import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ColaError, messageOf } from "../../errors/cola-error";

/** JavaScript memory of the thread; the matrix lies in shared memory and in the wasm heap, outside of it. */
const DEFAULT_THREAD_MB = 512;

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
  { signal, threadMemoryMb = DEFAULT_THREAD_MB }: ThreadLimits,
  receive: (message: Exclude<Message, ThreadFailure>) => Result | undefined,
): Promise<Result> {
  const thread = new Worker(join(__dirname, file), {
    workerData,
    // Captured: what the module prints is for us, not for the user's terminal.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: threadMemoryMb },
  });
  thread.stdout.resume();
  thread.stderr.resume();
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      onAbort = () => reject(new ColaError("JOB_CANCELLED", "training was cancelled"));
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted) onAbort();
      thread.on("message", (message: Message | ThreadFailure) => {
        if (message.type === "failed") return reject(threadError((message as ThreadFailure).message));
        try {
          const result = receive(message as Exclude<Message, ThreadFailure>);
          if (result !== undefined) resolve(result);
        } catch (error) {
          reject(error);
        }
      });
      thread.on("error", (error) => reject(threadError(error)));
      thread.on("exit", (code) => reject(threadError(`the training thread ended early (exit code ${code})`)));
    });
  } finally {
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    await thread.terminate();
  }
}
