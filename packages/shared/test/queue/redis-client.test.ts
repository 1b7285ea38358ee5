import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import {
  checkRedis,
  closeRedis,
  connectRedis,
  type RedisConnection,
  withDeadline,
} from "@colaml/shared/queue/connection";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";

const LIMIT = "normal 1000000 0 0";
const ROOM = "normal 0 0 0";
/** An answer of 2 MB does not pass a limit of 1 MB. */
const LARGE = Buffer.alloc(2_000_000, "x");

/** Loads each key in 20 ms; it looks at its clients every 2 MB. */
const SLOW_LOAD = ["--key-load-delay", "20000"];
const KEYS = 200;
const KEY_BYTES = 100_000;

let redis: PrivateRedis;
let connection: RedisConnection;

beforeEach(async () => {
  redis = await startPrivateRedis(SLOW_LOAD);
  connection = connectRedis({ url: redis.url, prefix: "{t}", cluster: false });
  connection.on("error", () => undefined);
});
afterEach(async () => {
  closeRedis(connection);
  await redis.stop();
});

describe("an answer that Redis does not hand out", () => {
  beforeEach(async () => {
    await connection.set("large", LARGE);
    await connection.hset("job", "data", LARGE);
    await connection.config("SET", "client-output-buffer-limit", LIMIT);
  });

  it("is refused with the limit, whichever command asks for it", async () => {
    const named = {
      code: "REDIS_REFUSED",
      message: expect.stringMatching(/closed the connection .*CONFIG SET client-output-buffer-limit/),
    };
    await expect(connection.getBuffer("large")).rejects.toMatchObject(named);
    await expect(connection.hgetall("job")).rejects.toMatchObject(named);
    await expect(connection.eval("return redis.call('GET', KEYS[1])", 1, "large")).rejects.toMatchObject(
      named,
    );
  });

  it("leaves the connection to the commands beside it", async () => {
    await connection.set("small", "1");
    const [large, small, set] = await Promise.allSettled([
      connection.get("large"),
      connection.eval("return redis.call('GET', KEYS[1])", 1, "small"),
      connection.set("other", "2"),
    ]);
    expect(large).toMatchObject({ status: "rejected", reason: { code: "REDIS_REFUSED" } });
    expect(small).toEqual({ status: "fulfilled", value: "1" });
    expect(set).toEqual({ status: "fulfilled", value: "OK" });
    expect(await connection.get("small")).toBe("1");
  });

  it("is handed out once the limit is raised", async () => {
    await expect(connection.get("large")).rejects.toMatchObject({ code: "REDIS_REFUSED" });
    await connection.config("SET", "client-output-buffer-limit", ROOM);
    expect(await connection.getBuffer("large")).toHaveLength(LARGE.length);
  });
});

it.each([
  ["says that it has no limit", "+config"],
  ["does not say", "-config"],
])(
  "a connection that is cut in mid-command again and again ends no command of a Redis that %s",
  async (_, right) => {
    await connection.set("asked", "1");
    await connection.call("ACL", "SETUSER", "default", right);
    let cuts = 0;
    const proxy = createServer((client) => {
      const server = connect(redis.port, "127.0.0.1");
      const end = () => {
        client.destroy();
        server.destroy();
      };
      for (const socket of [client, server]) socket.on("error", end).on("close", end);
      server.on("data", (bytes) => client.write(bytes));
      client.on("data", (bytes) => {
        if (cuts === 12 || !bytes.includes("asked")) return void server.write(bytes);
        cuts++;
        end();
      });
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    const cut = connectRedis({ url: `redis://127.0.0.1:${port}`, prefix: "{t}", cluster: false });
    cut.on("error", () => undefined);
    expect(await cut.get("asked")).toBe("1");
    expect(cuts).toBe(12);
    closeRedis(cut);
    proxy.close();
  },
);

it("a Redis that loads its data is reported as such, and answers by itself when it has", async () => {
  const settings = { url: redis.url, prefix: "{t}", cluster: false };
  for (let key = 0; key < KEYS; key++) await connection.set(`key-${key}`, randomBytes(KEY_BYTES));
  await connection.bgrewriteaof();
  const isWritten = async () => /aof_rewrite_in_progress:0/.test(await connection.info("persistence"));
  while (!(await isWritten())) await connection.ping();
  await redis.kill();
  const loaded = redis.restart();
  const named = { code: "REDIS_UNREACHABLE", message: expect.stringMatching(/LOADING.*when that is done/) };
  await new Promise<void>((resolve) =>
    connection.on("error", ({ message }) => /LOADING/.test(message) && resolve()),
  );
  await expect(checkRedis(connection, settings, 1)).rejects.toMatchObject({ code: "REDIS_UNREACHABLE" });
  await expect(withDeadline(connection.get("key-1"), 1, settings)).rejects.toMatchObject(named);
  const other = connectRedis(settings);
  await expect(checkRedis(other, settings, 1_000)).rejects.toMatchObject(named);
  closeRedis(other);
  expect(await connection.getBuffer("key-1")).toHaveLength(KEY_BYTES);
  await loaded;
});
