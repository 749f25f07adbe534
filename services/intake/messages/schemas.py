"""What the person adds, over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from libs.common.wire import Wire, Words


class MessageIn(Wire):
    """Something to add, or the answer to a question."""

    text: Annotated[Words, Field(min_length=1, max_length=5_000)]
    in_answer_to: UUID | None = Field(None, description="`id` of the question in the conversation")


class MessageReceipt(BaseModel):
    """It is kept, and stands in the conversation. The team reads it in a moment."""

    id: UUID
    sent_at: datetime
    in_answer_to: UUID | None


class WithdrawalIn(Wire):
    """Nothing needs to be said."""


class WithdrawalOut(BaseModel):
    """No answer is owed any more."""

    withdrawn_at: datetime
