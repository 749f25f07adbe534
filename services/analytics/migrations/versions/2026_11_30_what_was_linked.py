"""Who can say whether an answer solved it; what an erasure leaves of coming back: that it was, and on which day; and
what each version of a standard promised.
"""

from alembic import op

revision = "2026_11_30_what_was_linked"
down_revision = "2026_11_30_one_formula"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE fact ADD COLUMN may_evaluate boolean NOT NULL DEFAULT true,
                         ADD COLUMN was_linkable boolean NOT NULL DEFAULT false,
                         ADD COLUMN next_contact_at timestamptz
        """
    )
    op.execute(
        """
        UPDATE fact SET may_evaluate = false
         WHERE feedback_details->'submitted_by'->>'role' IN ('relative', 'representative', 'organisation')
           AND feedback_details->'submitted_by'->>'authority' = 'none'
        """
    )
    op.execute(
        """
        CREATE TABLE promise (
            standard text NOT NULL,
            standard_version bigint NOT NULL,
            clock text NOT NULL,
            starts text NOT NULL,
            business_days bigint,
            calendar_days bigint,
            CONSTRAINT pk_promise PRIMARY KEY (standard, standard_version, clock)
        )
        """
    )
    op.execute(
        """
        INSERT INTO promise
        SELECT code, CAST(details->>'standard_version' AS bigint), one->>'clock', one->>'starts',
               CAST(one->>'business_days' AS bigint), CAST(one->>'calendar_days' AS bigint)
          FROM reference, jsonb_array_elements(details->'clocks') AS one WHERE kind = 'standard'
        """
    )
