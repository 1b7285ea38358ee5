import type { Socket } from "node:net";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";

/** What Node's parser says of a request that no route ever sees. */
const REASONS: Readonly<Record<string, { error: ColaError; status?: number; words: string }>> = {
  HPE_HEADER_OVERFLOW: {
    error: new ColaError("INPUT_TOO_LARGE", "address and headers may have at most 16384 bytes"),
    status: 431,
    words: "Request Header Fields Too Large",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    error: new ColaError("REQUEST_TIMEOUT", "the request was not there in time"),
    words: "Request Timeout",
  },
};
const UNREADABLE = {
  error: new ColaError("JOB_INVALID", "the request is not HTTP/1.1 as it is written down"),
  status: undefined,
  words: "Bad Request",
};

/** Answers a request that cannot be read in the shape of every other refusal, and ends its connection. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const { error: known, status, words } = REASONS[error.code ?? ""] ?? UNREADABLE;
  const body = JSON.stringify({ error_code: known.code, message: known.message });
  const head = [
    `HTTP/1.1 ${status ?? ERROR_TABLE[known.code].status} ${words}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Content-Type: application/json; charset=utf-8",
    "Connection: close",
  ];
  if (socket.writable) socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}
