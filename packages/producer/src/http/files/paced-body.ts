import type { FileHandle } from "node:fs/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";

/** How slowly a body may come. */
export interface Pace {
  windowMs: number;
  /** Bytes that each window must bring. */
  leastBytes: number;
}

/** 1 KiB per second: any line does better, and whoever sends a byte now and then does not hold a place for ever. */
export const UPLOAD_PACE: Pace = { windowMs: 30_000, leastBytes: 30 * 1024 };

/** Something that takes note of the bytes, such as a hash. */
interface Observer {
  update(bytes: Uint8Array): unknown;
}

export interface BodyLimits {
  /** Place in the file of the body's first byte. */
  at: number;
  /** Most bytes that the body may have. */
  most: number;
  pace: Pace;
}

/**
 * Writes a body into a file as it comes: one piece at a time is in memory, and the sender waits while the disk is slow.
 *
 * @returns bytes written
 * @throws ColaError INPUT_TOO_LARGE, REQUEST_TIMEOUT; the error of the connection or the disk
 */
export async function writeBody(
  file: FileHandle,
  body: AsyncIterable<Uint8Array>,
  { at, most, pace }: BodyLimits,
  observer?: Observer,
): Promise<number> {
  let written = 0;
  const timing = createPacer(pace);
  // Not `for await`, which waits for a piece that does not come before it lets go.
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await timing.inTime(pieces.next());
      if (next.done) return written;
      const piece = next.value;
      if (written + piece.length > most)
        throw new ColaError("INPUT_TOO_LARGE", `the body is longer than the ${most} bytes that are allowed`);
      for (let done = 0; done < piece.length; ) {
        const { bytesWritten } = await file.write(piece, done, piece.length - done, at + written + done);
        done += bytesWritten;
      }
      observer?.update(piece);
      written += piece.length;
      timing.note(piece.length);
    }
  } finally {
    timing.stop();
    void pieces.return?.();
  }
}

/**
 * Rejects what takes so long that a window ends with too few bytes. Each wait has a promise of its own: one that lives as
 * long as the body would keep every piece that was raced against it.
 */
function createPacer({ windowMs, leastBytes }: Pace) {
  let inWindow = 0;
  let tooSlow: ColaError | undefined;
  let fail: (error: ColaError) => void = () => {};
  const timer = setInterval(() => {
    if (inWindow < leastBytes) {
      tooSlow = new ColaError(
        "REQUEST_TIMEOUT",
        `fewer than ${leastBytes} bytes came in ${windowMs / 1000} s`,
      );
      fail(tooSlow);
    }
    inWindow = 0;
  }, windowMs);
  return {
    inTime: <T>(piece: Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        if (tooSlow !== undefined) reject(tooSlow);
        fail = reject;
        piece.then(resolve, reject);
      }),
    note: (bytes: number) => {
      inWindow += bytes;
    },
    stop: () => clearInterval(timer),
  };
}
