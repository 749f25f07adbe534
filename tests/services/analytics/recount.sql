-- What each feedback comes to, from the two logs as they were told: told(log, feedback, version, moment, type, data).
-- Nothing here knows of facts, rollups or counters.

CREATE TABLE f AS
WITH submitted AS (
    SELECT feedback, data
      FROM told WHERE type = 'feedback.submitted'
), classified AS (
    SELECT feedback, arg_max(data, version) AS data, max(version) AS version
      FROM told WHERE type = 'feedback.reclassified' GROUP BY feedback
), redacted AS (
    SELECT feedback, max(version) AS version, arg_max(data->>'$.language', version) AS language
      FROM told WHERE type = 'feedback.verbatim_redacted' GROUP BY feedback
), worked AS (
    SELECT feedback,
           arg_max(data->>'$.team', version) AS team,
           arg_max(data->>'$.state', version) AS state,
           min(moment) FILTER (WHERE type = 'case.opened') AS opened_at,
           count(*) FILTER (WHERE type = 'case.transferred' AND data->>'$.from_team' <> data->>'$.team') AS transfers,
           min((data->>'$.effective_at')::TIMESTAMPTZ) FILTER (WHERE type IN ('case.assigned', 'case.transferred')) AS assigned_at,
           max((data->>'$.effective_at')::TIMESTAMPTZ) FILTER (WHERE type = 'case.suspended') AS suspended_at,
           list((data->>'$.effective_at')::TIMESTAMPTZ) FILTER (WHERE type = 'case.reopened') AS reopened
      FROM told WHERE log = 'case' GROUP BY feedback
)
SELECT s.feedback,
       (s.data->>'$.submitted_at')::TIMESTAMPTZ AS submitted_at,
       s.data->>'$.channel' AS channel,
       coalesce(if(c.feedback IS NULL, s.data->>'$.kind', c.data->>'$.kind'), 'unassigned') AS kind,
       coalesce(if(c.feedback IS NULL, s.data->>'$.service', c.data->>'$.service'), 'unassigned') AS service,
       coalesce(if(c.feedback IS NULL, s.data->>'$.topic', c.data->>'$.topic'), 'unassigned') AS topic,
       coalesce(s.data->>'$.service_point', 'unassigned') AS service_point,
       coalesce(CASE WHEN c.version > coalesce(r.version, 0) THEN c.data->>'$.language'
                     WHEN r.feedback IS NOT NULL THEN r.language
                     ELSE s.data->>'$.language' END, 'unassigned') AS language,
       coalesce(s.data->>'$.source', 'unassigned') AS source,
       coalesce(s.data->>'$.phase', 'unassigned') AS phase,
       coalesce(s.data->>'$.respondent', 'unassigned') AS respondent,
       coalesce(w.team, 'unassigned') AS team,
       s.data->>'$.person_ref' AS person,
       coalesce(s.data->>'$.submitted_by.role' NOT IN ('relative', 'representative', 'organisation')
                OR s.data->>'$.submitted_by.authority' <> 'none', true) AS may_evaluate,
       c.feedback IS NOT NULL AND ((s.data->>'$.kind') <> (c.data->>'$.kind')
           OR (s.data->>'$.service') <> (c.data->>'$.service')) IS TRUE AS reclassified,
       w.state, w.opened_at, w.transfers, w.assigned_at, w.suspended_at, w.reopened,
       s.data AS submission
  FROM submitted s LEFT JOIN classified c USING (feedback) LEFT JOIN redacted r USING (feedback)
       LEFT JOIN worked w USING (feedback);

-- Final replies that, as was told last, were not found undeliverable.
CREATE TABLE replies AS
SELECT feedback, version, (data->>'$.answer')::INT AS answer, (data->>'$.effective_at')::TIMESTAMPTZ AS moment,
       (data->>'$.elapsed_seconds')::BIGINT AS elapsed, (data->>'$.business_seconds')::BIGINT AS business,
       data->>'$.outcome' AS outcome
  FROM told t
 WHERE type = 'case.replied' AND (data->>'$.interim') = 'false'
   AND NOT EXISTS (SELECT 1 FROM told u WHERE u.feedback = t.feedback AND u.type LIKE 'reply.%'
                      AND (u.data->>'$.answer') = (t.data->>'$.answer')
                   HAVING arg_max(u.type, u.version) = 'reply.undeliverable');

CREATE TABLE first_reply AS SELECT r.* FROM replies r QUALIFY row_number() OVER (PARTITION BY feedback ORDER BY answer) = 1;
CREATE TABLE last_reply AS SELECT r.* FROM replies r QUALIFY row_number() OVER (PARTITION BY feedback ORDER BY answer DESC) = 1;

CREATE TABLE evaluations AS
SELECT t.feedback, (t.data->>'$.answer')::INT AS answer, t.data->>'$.solved' AS solved, t.data->'$.ratings' AS ratings
  FROM told t JOIN replies r ON r.feedback = t.feedback AND r.answer = (t.data->>'$.answer')::INT
 WHERE t.type = 'feedback.evaluated';

CREATE TABLE marks AS
SELECT feedback, m->>'$.measure' AS measure, m->>'$.answered_by' AS answered_by, (m->>'$.value')::INT AS mark
  FROM (SELECT feedback, unnest(CAST(submission->'$.ratings' AS JSON[])) AS m FROM f);

CREATE TABLE marks_after AS
SELECT feedback, answer, m->>'$.answered_by' AS answered_by, (m->>'$.value')::INT AS mark
  FROM (SELECT feedback, answer, unnest(CAST(ratings AS JSON[])) AS m FROM evaluations);

-- All that was said of each clock, in order: as it stands, as it ended, as it was corrected.
CREATE TABLE clocks AS
WITH said AS (
    SELECT feedback, version, 1 AS place, unnest(CAST(data->'$.clocks' AS JSON[])) AS c, false AS is_end
      FROM told WHERE log = 'case' AND (data->'$.clocks') IS NOT NULL
    UNION ALL
    SELECT feedback, version, 0, unnest(CAST(data->'$.ended' AS JSON[])), true
      FROM told WHERE log = 'case' AND (data->'$.ended') IS NOT NULL
    UNION ALL
    SELECT feedback, version, 0, data, true FROM told WHERE type = 'clock.corrected'
), latest AS (
    SELECT feedback, c->>'$.clock' AS clock,
           arg_max(c, version * 2 + place) AS last_said,
           arg_max(c, version * 2 + place) FILTER (WHERE is_end) AS last_end,
           arg_max(c, version * 2 + place) FILTER (WHERE NOT is_end) AS last_standing
      FROM said GROUP BY ALL
)
SELECT feedback, clock,
       (if((last_end->>'$.ended_at') IS NOT NULL, last_end, last_said)->>'$.due_at')::TIMESTAMPTZ AS due_at,
       (last_end->>'$.ended_at')::TIMESTAMPTZ AS ended_at,
       (last_end->>'$.late_entry') = 'true' AS late_entry,
       coalesce(last_end->>'$.extended', last_standing->>'$.extended') = 'true' AS extended,
       coalesce(last_end->>'$.suspended_seconds', last_standing->>'$.suspended_seconds', '0')::BIGINT > 0 AS suspended,
       (last_said->>'$.cancelled_at')::TIMESTAMPTZ AS cancelled_at
  FROM latest;

CREATE TABLE links AS
WITH one_way AS (
    SELECT feedback, data->>'$.linked_feedback_id' AS other FROM told WHERE type = 'case.linked'
)
SELECT l.feedback, o.opened_at AS other_opened_at
  FROM (SELECT feedback, other FROM one_way UNION SELECT other, feedback FROM one_way) l JOIN f o ON o.feedback = l.other;

CREATE TABLE answered AS
SELECT r.feedback, r.moment,
       EXISTS (SELECT 1 FROM told t WHERE t.feedback = r.feedback AND t.type = 'case.reopened'
                  AND (t.data->>'$.effective_at')::TIMESTAMPTZ > r.moment
                  AND (t.data->>'$.effective_at')::TIMESTAMPTZ <= r.moment + INTERVAL 30 DAY)
       OR EXISTS (SELECT 1 FROM links l WHERE l.feedback = r.feedback
                     AND l.other_opened_at > r.moment AND l.other_opened_at <= r.moment + INTERVAL 30 DAY) AS came_back,
       f.person IS NOT NULL AS linkable,
       NOT EXISTS (SELECT 1 FROM told t WHERE t.feedback = r.feedback AND t.type = 'case.asked'
                      AND (t.data->>'$.effective_at')::TIMESTAMPTZ <= r.moment
                      AND NOT EXISTS (SELECT 1 FROM told u WHERE u.feedback = r.feedback AND u.type = 'case.unasked'
                                         AND (u.data->>'$.asked_at') = (t.data->>'$.effective_at')))
       AND NOT EXISTS (SELECT 1 FROM evaluations e WHERE e.feedback = r.feedback AND e.answer = r.answer
                          AND e.solved <> 'yes')
       AND NOT EXISTS (SELECT 1 FROM told t WHERE t.feedback = r.feedback AND t.type = 'feedback.message_added'
                          AND (t.data->>'$.sent_at')::TIMESTAMPTZ <= r.moment)
       AND NOT EXISTS (SELECT 1 FROM told t WHERE t.feedback = r.feedback AND t.type = 'case.reopened'
                          AND (t.data->>'$.effective_at')::TIMESTAMPTZ > r.moment
                          AND (t.data->>'$.effective_at')::TIMESTAMPTZ <= r.moment + INTERVAL 14 DAY)
       AND NOT EXISTS (SELECT 1 FROM links l WHERE l.feedback = r.feedback
                          AND l.other_opened_at > r.moment AND l.other_opened_at <= r.moment + INTERVAL 14 DAY)
       AND NOT EXISTS (SELECT 1 FROM f o WHERE o.person = f.person
                          AND (o.submitted_at, o.feedback::UUID) > (f.submitted_at, f.feedback::UUID) AND o.submitted_at <= r.moment + INTERVAL 14 DAY) AS at_once
  FROM first_reply r JOIN f USING (feedback);

CREATE TABLE waits AS
SELECT feedback, 'assign_time' AS step, date_diff('second', submitted_at, assigned_at) AS elapsed, NULL::BIGINT AS business
  FROM f WHERE assigned_at IS NOT NULL
UNION ALL
SELECT feedback, 'reply_time', elapsed, business FROM first_reply
UNION ALL
SELECT feedback, 'acknowledge_time', elapsed, business
  FROM (SELECT feedback, moment, elapsed, business FROM first_reply
        UNION ALL
        SELECT feedback, (data->>'$.effective_at')::TIMESTAMPTZ, (data->>'$.elapsed_seconds')::BIGINT,
               (data->>'$.business_seconds')::BIGINT
          FROM told WHERE type = 'case.acknowledged' AND (data->>'$.automatic') = 'false')
QUALIFY row_number() OVER (PARTITION BY feedback ORDER BY moment) = 1
UNION ALL
SELECT r.feedback, 'resolve_time', r.elapsed, r.business  -- of what was not opened again
  FROM last_reply r JOIN f USING (feedback) LEFT JOIN evaluations e ON e.feedback = r.feedback AND e.answer = r.answer
 WHERE f.state = 'closed' AND coalesce(e.solved, 'yes') = 'yes'
   AND NOT EXISTS (SELECT 1 FROM told t WHERE t.feedback = r.feedback AND t.type = 'case.reopened'
                      AND (t.data->>'$.effective_at')::TIMESTAMPTZ > r.moment);

-- The state of each case from an event on, until the next.
CREATE TABLE states AS
SELECT feedback, coalesce((data->>'$.effective_at')::TIMESTAMPTZ, moment) AS since, data->>'$.state' AS state,
       lead(coalesce((data->>'$.effective_at')::TIMESTAMPTZ, moment)) OVER (PARTITION BY feedback ORDER BY version) AS until
  FROM told WHERE log = 'case';

CREATE TABLE reported AS
SELECT (data->>'$.on')::DATE AS day, data->>'$.channel' AS channel, data->>'$.service' AS service,
       (data->>'$.count')::BIGINT AS n
  FROM told WHERE type = 'interactions.reported'
QUALIFY row_number() OVER (PARTITION BY feedback ORDER BY version DESC) = 1;
