import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A way to the run's real MLflow that can be cut. */
export interface MlflowProxy {
  uri: string;
  /** Whether a request passes; called with its number since the last `reset`, from 1. Default: all do. */
  passes: (number: number) => boolean;
  /** What is answered in MLflow's place, by method and path; undefined: MLflow answers. Default: it does. */
  answers: (method: string, path: string) => { status: number; body: string; type?: string } | undefined;
  /** Whether MLflow's answer is lost after it did the work. Default: none is. */
  loses: (method: string, path: string) => boolean;
  /** How long a request waits before it passes, in milliseconds. Default: not at all. */
  waits: () => number;
  reset(): void;
  close(): Promise<void>;
}

export async function openMlflowProxy(target = process.env["TEST_MLFLOW_URI"]!): Promise<MlflowProxy> {
  let number = 0;
  const server = createServer(async (incoming, outgoing) => {
    number++;
    if (!proxy.passes(number)) {
      incoming.socket.destroy();
      return;
    }
    const url = new URL(incoming.url!, target);
    const instead = proxy.answers(incoming.method!, url.pathname);
    if (instead) {
      incoming.resume().once("end", () => {
        outgoing.writeHead(instead.status, { "content-type": instead.type ?? "application/json" });
        outgoing.end(instead.body);
      });
      return;
    }
    const headers = { ...incoming.headers, host: url.host };
    const wait = proxy.waits();
    if (wait > 0) await delay(wait);
    const forwarded = request(url, { method: incoming.method, headers }, (answer) => {
      if (proxy.loses(incoming.method!, url.pathname)) {
        answer.resume().once("end", () => incoming.socket.destroy());
        return;
      }
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
    answers: () => undefined,
    loses: () => false,
    waits: () => 0,
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
