"""What the person adds, over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from libs.common.examples import shown
from libs.common.wire import Wire, Words


class MessageIn(Wire):
    """Something to add, or the answer to a question."""

    model_config = shown(
        {"text": "C’est le AB-1234.", "in_answer_to": "0199bd11-40ce-7d02-b6f5-2c8e1a7d9033"},
        {"text": "I have moved: my new address is on file with you."},
    )

    text: Annotated[Words, Field(min_length=1, max_length=5_000)]
    in_answer_to: UUID | None = Field(None, description="`id` of the question in the conversation")


class MessageReceipt(BaseModel):
    """It is kept, and stands in the conversation. The team reads it in a moment."""

    id: UUID
    sent_at: datetime
    in_answer_to: UUID | None


class WithdrawalIn(Wire):
    """Nothing needs to be said."""

    model_config = shown({})


class WithdrawalOut(BaseModel):
    """No answer is owed any more."""

    withdrawn_at: datetime
