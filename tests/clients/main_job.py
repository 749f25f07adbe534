"""The main job, with the clients that openapi-python-client generates: python main_job.py BASE AGENT MANAGER.

Runs where those are installed, apart from this project; prints what it saw as JSON.
"""
# mypy: ignore-errors

import json
import sys
import time
from uuid import uuid4

import analytics_client
import intake_client
import routing_client
from analytics_client.api.figures import read_kpis
from intake_client.api.feedback import submit_feedback
from intake_client.api.tracking import evaluate_answer, get_tracking
from intake_client.models import (
    EvaluationIn,
    EvaluationInSolved,
    FeedbackIn,
    FeedbackInChannelType0,
    FeedbackInKindType0,
    ProblemDetails,
    RatingIn,
    RatingInMeasure,
)
from routing_client.api.cases import acknowledge_case, list_cases, reply_to_case
from routing_client.models import Acknowledge, Reply, ReplyOutcomeType0

base, agent, manager = sys.argv[1:]

receipt = submit_feedback.sync(
    client=intake_client.Client(base_url=base),
    body=FeedbackIn(
        channel=FeedbackInChannelType0.WEB,
        kind=FeedbackInKindType0.COMPLAINT,
        service="passports",
        text="Three weeks and no answer.",
        ratings=[RatingIn(measure=RatingInMeasure.CSAT, value=2)],
    ),
    idempotency_key=str(uuid4()),
)
refused = submit_feedback.sync(
    client=intake_client.Client(base_url=base), body=FeedbackIn(channel=FeedbackInChannelType0.WEB)
)
assert isinstance(refused, ProblemDetails)

staff = routing_client.AuthenticatedClient(base_url=base, token=agent)
(case,) = list_cases.sync(client=staff, feedback_id=receipt.id, wait=10).items
acknowledge_case.sync(case.id, client=staff, body=Acknowledge())
reply = Reply(
    text="Your passport leaves tomorrow.", outcome=ReplyOutcomeType0.UPHELD, recourse="You can write to the ombudsman."
)
answered = reply_to_case.sync(case.id, client=staff, body=reply)

person = intake_client.AuthenticatedClient(
    base_url=base, token=receipt.tracking_code, prefix="", auth_header_name="Tracking-Code"
)
for _ in range(100):
    tracking = get_tracking.sync(client=person)
    if tracking.status.value == "answered":
        break
    time.sleep(0.1)
evaluate_answer.sync(client=person, body=EvaluationIn(solved=EvaluationInSolved.YES))

figures = read_kpis.sync(client=analytics_client.AuthenticatedClient(base_url=base, token=manager), names="volume,csat")
print(
    json.dumps(
        {
            "reference": receipt.reference,
            "problem": refused.type_,
            "state": answered.state.value,
            "status": tracking.status.value,
            "said": [getattr(entry, "text", None) for entry in tracking.conversation],
            "figures": {figure.name.value: figure.n for figure in figures.figures},
        }
    )
)
