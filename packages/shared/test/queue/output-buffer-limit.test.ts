import { addJob, closeRedis, connectRedis, openQueue } from "@colaml/shared/queue/connection";
import { checkOutputBuffer } from "@colaml/shared/queue/output-buffer-limit";
import { startPrivateRedis } from "../../../../test/private-redis";

it("a chunk that Redis would not hand out is refused, with the limit and how to raise it", async () => {
  const redis = await startPrivateRedis(["--client-output-buffer-limit", "normal", "1000000", "0", "0"]);
  const connection = connectRedis({ url: redis.url, prefix: "{t}", cluster: false });
  connection.on("error", () => undefined);
  await expect(checkOutputBuffer(connection, 2_000_000, "give a smaller one")).rejects.toMatchObject({
    code: "REDIS_REFUSED",
    message: expect.stringMatching(/exceed 1000000 bytes .*2000000.*CONFIG SET client-output-buffer-limit/),
  });
  await checkOutputBuffer(connection, 500_000, "");
  await connection.config("SET", "client-output-buffer-limit", "normal 0 0 0");
  await checkOutputBuffer(connection, 2_000_000, "");
  closeRedis(connection);
  await redis.stop();
});

it("a payload that Redis would not hand out is refused before it is a job", async () => {
  const redis = await startPrivateRedis(["--client-output-buffer-limit", "normal", "1000000", "0", "0"]);
  const settings = { url: redis.url, prefix: "{t}", cluster: false };
  const connection = connectRedis(settings);
  const queue = openQueue<{ text: string }>("q", { connection, redis: settings });
  await expect(addJob(queue, "j", { text: "x".repeat(1_000_000) })).rejects.toMatchObject({
    code: "REDIS_REFUSED",
    message: expect.stringMatching(/1000000 bytes .*payload has 1000011: .*put the texts in a file/),
  });
  expect(await queue.queue.getJobCounts()).toMatchObject({ waiting: 0, prioritized: 0 });
  await addJob(queue, "j", { text: "x".repeat(100_000) });
  await queue.close();
  closeRedis(connection);
  await redis.stop();
});

it("nothing is refused if CONFIG is not allowed", async () => {
  const config = () =>
    Promise.reject(new Error("NOPERM this user has no permissions to run the 'config|get' command"));
  await checkOutputBuffer({ config } as never, 1e9, "");
});
