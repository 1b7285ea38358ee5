"""Scores a file and two texts from Python, over the queue: `pip install bullmq`, then `python predict.py new.csv scored.csv`.

REDIS_URL says where Redis is, COLAML_MODEL_URI which model. The paths must be absolute, on a disk that the predictors share.
"""

import asyncio
import json
import os
import sys

from bullmq import Job, Queue

TEXTS = ["my order never arrived", "thanks, have a nice day"]


async def result_of(queue: Queue, job_id: str) -> dict:
    while True:
        state = await queue.getJobState(job_id)
        if state == "completed":
            return (await Job.fromId(queue, job_id)).returnvalue
        if state in ("failed", "unknown"):
            job = await Job.fromId(queue, job_id)
            # CODE: message; docs/errors.md lists the codes
            raise SystemExit(job.failedReason if job else f"job {job_id} is gone")
        await asyncio.sleep(0.2)


async def main(source: str, output: str) -> None:
    options = {
        "connection": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
        "prefix": os.environ.get("COLAML_REDIS_PREFIX", "{colaml}"),
    }
    model = os.environ.get("COLAML_MODEL_URI", "models:/modelo_nuevo@champion")
    files, lane = Queue("predict", options), Queue("predict-texts", options)
    file = await files.add("predict", {"input": {"path": source}, "output": output, "model": model}, {})
    texts = await lane.add("predict-texts", {"texts": TEXTS, "model": model}, {})
    print(json.dumps({"file": await result_of(files, file.id), "texts": await result_of(lane, texts.id)}))
    await files.close()
    await lane.close()


asyncio.run(main(*sys.argv[1:3]))
