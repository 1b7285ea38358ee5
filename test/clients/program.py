"""Uses the client that openapi-python-client makes of the API's document: program.py URL TOKEN MODEL."""

import json
import sys
import time

from colaml_api import AuthenticatedClient
from colaml_api.api.jobs import get_job, get_job_result, list_jobs, submit_predict
from colaml_api.api.queues import list_queues
from colaml_api.api.scoring import score
from colaml_api.models import Error, ScoreJsonBodyType1, SubmitPredictBody, SubmitPredictBodyInput

url, token, model = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)


def given(answer):
    """What an answer holds; its refusal, with a code, is raised."""
    if answer is None or isinstance(answer, Error):
        raise SystemExit(f"{answer}")
    return answer


body = SubmitPredictBody(input_=SubmitPredictBodyInput(path="new.csv"), output="python-client.csv", model=model)
accepted = given(submit_predict.sync(client=client, body=body, idempotency_key="python-1"))
again = given(submit_predict.sync(client=client, body=body, idempotency_key="python-1"))
while (job := given(get_job.sync(accepted.id, client=client))).status not in ("completed", "failed"):
    time.sleep(0.1)
result = given(get_job_result.sync(job.id, client=client))
page = given(list_jobs.sync(client=client, limit=5))
queues = given(list_queues.sync(client=client))
question = ScoreJsonBodyType1.from_dict({"dataframe_records": [{"text": "thanks"}]})
scored = given(score.sync(client=client, body=question))
refused = submit_predict.sync(client=client, body=SubmitPredictBody(texts=[]))
print(
    json.dumps(
        {
            "status": job.status,
            "sameJob": again.id == accepted.id,
            "result": result.to_dict(),
            "listed": job.id in [listed.id for listed in page.jobs],
            "queues": [queue.queue for queue in queues.queues],
            "predictions": len(scored.predictions),
            "refused": refused.error_code,
        }
    )
)
