"""Puts a train job on the queue from Python: `pip install bullmq`, then `python enqueue.py /data/tweets.csv`.

REDIS_URL says where Redis is; the path must be one that the trainer worker can read.
"""

import asyncio
import os
import sys

from bullmq import Queue


async def main(path: str) -> None:
    queue = Queue(
        "train",
        {
            "connection": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
            "prefix": os.environ.get("COLAML_REDIS_PREFIX", "{colaml}"),
        },
    )
    job = await queue.add("train", {"dataset": {"path": path}}, {})
    print(f"train/{job.id}")
    await queue.close()


asyncio.run(main(sys.argv[1]))
