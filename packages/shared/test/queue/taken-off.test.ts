import { addJob, closeRedis, openQueue } from "@colaml/shared/queue/connection";
import { JobStarts } from "@colaml/shared/queue/job-starts";
import { takenOff } from "@colaml/shared/queue/taken-off";
import { ownRedis } from "./own-redis";

const { connection, redis } = ownRedis();
const { prefix } = redis;
afterAll(() => closeRedis(connection));

it("a job that waits is taken off its queue with the note of the worker that was lost with it", async () => {
  const open = openQueue("q", { connection, redis });
  await addJob(open, "j", {}, { jobId: "one" });
  const lock = `${prefix}:q:one:lock`;
  await connection.set(lock, "killed");
  await new JobStarts(connection, prefix, "q").begin("one", "killed");
  const job = (await open.queue.getJob("one"))!;
  expect(await takenOff(job, { connection, prefix })).toBe(false);
  expect(await connection.exists(`${prefix}:starts:q:one`)).toBe(1);
  await connection.del(lock);
  expect(await takenOff(job, { connection, prefix })).toBe(true);
  expect(await connection.keys(`${prefix}:*:one`)).toEqual([]);
});
