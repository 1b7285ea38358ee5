import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Who gets the alerts. */
export interface WebhookReceiver {
  readonly url: string;
  readonly port: number;
  /** Ids of the messages that it answered 200 to, one per answer. */
  readonly taken: string[];
  /** What it answers; `silent`: nothing. */
  answer: number | "silent";
  close(): Promise<void>;
}

export async function openWebhook(): Promise<WebhookReceiver> {
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      if (receiver.answer === "silent") return;
      if (receiver.answer === 200) receiver.taken.push(String(request.headers["webhook-id"]));
      response.writeHead(receiver.answer, receiver.answer === 302 ? { location: "/elsewhere" } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    taken: [],
    answer: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
