import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** A way to the run's real MLflow that can be cut. */
export interface MlflowProxy {
  uri: string;
  /** Whether a request passes; called with its number since the last `reset`, from 1. Default: all do. */
  passes: (number: number) => boolean;
  reset(): void;
  close(): Promise<void>;
}

export async function openMlflowProxy(target = process.env["TEST_MLFLOW_URI"]!): Promise<MlflowProxy> {
  let number = 0;
  const server = createServer((incoming, outgoing) => {
    number++;
    if (!proxy.passes(number)) {
      incoming.socket.destroy();
      return;
    }
    const url = new URL(incoming.url!, target);
    const headers = { ...incoming.headers, host: url.host };
    const forwarded = request(url, { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: MlflowProxy = {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passes: () => true,
    reset: () => {
      number = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}
