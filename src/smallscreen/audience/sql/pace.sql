-- How many viewers first started how many episodes from which UTC day to which: what episodes a day are made of.
-- Coming back to see an episode again is no new start. Days stay dates; they are counted later.
WITH d AS (
  SELECT {market} AS market, {variant} AS variant_id, user_id, episode, CAST(min(started_at) AS DATE) AS day
  FROM events WHERE {scope} AND {to_whole_ms} > {from_whole_ms}
  GROUP BY {market_key}{variant_key}user_id, episode
),
u AS (
  SELECT market, variant_id, user_id, min(day) AS first_day, max(day) AS last_day, count(*) AS started
  FROM d GROUP BY market, variant_id, user_id
)
SELECT market, variant_id, first_day, last_day, started, count(*) AS viewers
FROM u GROUP BY market, variant_id, first_day, last_day, started
ORDER BY market, variant_id, first_day, last_day, started
