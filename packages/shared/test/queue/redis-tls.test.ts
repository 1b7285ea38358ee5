import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";

/** As docs/security.md has them, for a prefix of `{colaml}`. */
const LEAST_RIGHTS =
  "~{colaml}* resetchannels -@all +@read +@write +@connection +@transaction +eval +evalsha +script|load -@dangerous +info +client|list";
/** What connects like every process of ours, and says how it went. */
const CONNECT = `
const { connectRedis, checkRedis } = require("@colaml/shared/queue/connection");
const redis = { url: process.argv[1], prefix: "{colaml}", cluster: false };
const connection = connectRedis(redis);
checkRedis(connection, redis, 3000).then(
  () => console.log("connected"),
  (error) => console.log(error.code + ": " + error.message),
).finally(() => connection.disconnect());`;

const folder = mkdtempSync(join(tmpdir(), "redis-tls-"));
const inFolder = (name: string) => join(folder, name);
let redis: PrivateRedis;
/** Ends TLS before the Redis, as stunnel does: the Redis that tests start is built without TLS. */
let front: Server;
const sockets = new Set<Socket>();

/** A certificate authority, and a certificate for `localhost` that it signed. */
function makeAuthority(name: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    ...["req", "-x509", ...key, "-subj", `/CN=${name}`, "-days", "1"],
    ...["-keyout", `${name}.key`, "-out", `${name}.pem`],
  );
  openssl(
    ...["req", "-x509", ...key, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-CA", `${name}.pem`, "-CAkey", `${name}.key`, "-days", "1"],
    ...["-keyout", `${name}-server.key`, "-out", `${name}-server.pem`],
  );
}

beforeAll(async () => {
  for (const name of ["ours", "other"]) makeAuthority(name);
  redis = await startPrivateRedis();
  front = createServer(
    { key: readFileSync(inFolder("ours-server.key")), cert: readFileSync(inFolder("ours-server.pem")) },
    (client) => {
      const server = connect(redis.port, "127.0.0.1");
      for (const socket of [client, server]) {
        sockets.add(socket);
        socket.on("error", () => undefined);
      }
      client.pipe(server).pipe(client);
    },
  );
  front.on("tlsClientError", () => undefined);
  await new Promise<void>((listening) => front.listen(0, "localhost", listening));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((closed) => front.close(closed));
  await redis.stop();
  rmSync(folder, { recursive: true });
});

async function connectAs(user: string, env: Record<string, string>): Promise<string> {
  const { port } = front.address() as AddressInfo;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["-e", CONNECT, `rediss://${user}@localhost:${port}`],
    { cwd: join(__dirname, "../.."), env: { PATH: process.env["PATH"]!, ...env } },
  );
  return stdout.trim();
}

describe("security point 9: Redis behind TLS, with a user of the least rights", () => {
  const password = "ss-word";
  let admin: Redis;
  beforeAll(async () => {
    admin = new Redis(redis.url);
    await admin.call("ACL", "SETUSER", "colaml", "on", `>${password}`, ...LEAST_RIGHTS.split(" "));
  });
  afterAll(() => admin.disconnect());

  it("is used if the authority of its certificate is known", async () => {
    const env = { NODE_EXTRA_CA_CERTS: inFolder("ours.pem") };
    expect(await connectAs(`colaml:${password}`, env)).toBe("connected");
  });

  it.each([
    ["no authority", {}],
    ["another authority", { NODE_EXTRA_CA_CERTS: inFolder("other.pem") }],
  ] as [string, Record<string, string>][])(
    "is refused if %s is known, without a password in the message",
    async (_which, env) => {
      const said = await connectAs(`colaml:${password}`, env);
      expect(said).toMatch(/^REDIS_UNREACHABLE: Redis at rediss:\/\/\*\*\*@localhost:\d+ .*certificate/);
      expect(said).not.toContain(password);
    },
  );

  it("refuses a wrong password, and shows neither", async () => {
    const said = await connectAs("colaml:wr-ong", { NODE_EXTRA_CA_CERTS: inFolder("ours.pem") });
    expect(said).toMatch(/^REDIS_REFUSED: /);
    expect(said).not.toMatch(/wr-ong|ss-word/);
  });

  it.each([
    "FLUSHALL",
    "CONFIG GET *",
    "KEYS *",
    "MONITOR",
    "GET foreign",
    "SET foreign 1",
    "EVAL return(redis.call('GET',KEYS[1])) 1 foreign",
    "CLIENT KILL TYPE normal",
    "MODULE LIST",
    "ACL LIST",
    "SHUTDOWN NOSAVE",
    "DEBUG SLEEP 0",
  ])("may not run %s", async (line) => {
    const user = new Redis({ port: redis.port, username: "colaml", password, lazyConnect: true });
    await user.connect();
    const [command, ...args] = line.split(" ");
    await expect(user.call(command!, ...args)).rejects.toThrow(/NOPERM|permission/);
    user.disconnect();
  });
});
