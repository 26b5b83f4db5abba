-- What stands over a retention curve: its starters, plays (media sessions), length and cuts.
-- Sessions are grouped first: a count of distinct texts takes several times as long.
WITH s AS (
  SELECT series_id, episode, {market} AS market, {variant} AS variant_id, user_id, media_session_id,
         max(CASE WHEN {to_s} > {from_s} THEN 1 ELSE 0 END) AS starter,
         max(duration_ms) AS duration_ms, min(asset_id) AS asset_first, max(asset_id) AS asset_last
  FROM events WHERE {scope}
  GROUP BY series_id, episode, {market_key}{variant_key}user_id, media_session_id
),
u AS (
  SELECT series_id, episode, market, variant_id, user_id, max(starter) AS starter, count(*) AS plays,
         max(duration_ms) AS duration_ms, min(asset_first) AS asset_first, max(asset_last) AS asset_last
  FROM s GROUP BY series_id, episode, market, variant_id, user_id
)
SELECT series_id, episode, market, variant_id,
       CAST(sum(starter) AS BIGINT) AS starters, CAST(sum(CASE WHEN starter = 1 THEN plays ELSE 0 END) AS BIGINT) AS plays,
       max(duration_ms) AS duration_ms, min(asset_first) AS asset_first, max(asset_last) AS asset_last
FROM u GROUP BY series_id, episode, market, variant_id
ORDER BY series_id, episode, market, variant_id
