import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy on loopback whose flows can vanish, as a firewall or NAT that forgets them makes them. */
export interface SilentProxy {
  readonly port: number;
  /** The flows that are open now carry nothing any more, in either direction; new ones work. */
  forgetFlows(): void;
  /** Where new flows lead from now on. */
  leadTo(port: number): void;
  close(): Promise<void>;
}

export async function startSilentProxy(target: number): Promise<SilentProxy> {
  let port = target;
  const flows = new Set<[Socket, Socket]>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const flow: [Socket, Socket] = [client, upstream];
    flows.add(flow);
    client.pipe(upstream).pipe(client);
    for (const [one, other] of [flow, [upstream, client] as const]) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        flows.delete(flow);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    forgetFlows() {
      for (const [client, upstream] of flows) {
        client.unpipe(upstream).pause();
        upstream.unpipe(client).pause();
      }
    },
    leadTo: (to) => {
      port = to;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const flow of flows) for (const socket of flow) socket.destroy();
      }),
  };
}
