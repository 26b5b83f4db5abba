-- Editions as a whole, one row a viewer first: minutes, completion over all started episodes, and
-- starters, watchers and completers of the season. season_ms is the length of the edition's episodes.
WITH v AS ({viewer_episode}),
season AS (
  SELECT market, variant_id, CAST(sum(duration_ms) AS BIGINT) AS season_ms
  FROM (SELECT market, variant_id, episode, max(duration_ms) AS duration_ms FROM v
        GROUP BY market, variant_id, episode) a
  GROUP BY market, variant_id
),
u AS (
  SELECT market, variant_id, user_id, count(*) AS started, CAST(sum(completed) AS BIGINT) AS completed,
         CAST(sum(content_ms) AS BIGINT) AS content_ms, CAST(sum(played_ms) AS BIGINT) AS played_ms,
         max(CASE WHEN content_ms >= {starter_ms} OR content_ms * 100 >= duration_ms * {finished_percent}
             THEN 1 ELSE 0 END) AS starter,
         max(CASE WHEN content_ms * 100 >= duration_ms * {watched_percent} THEN 1 ELSE 0 END) AS watcher
  FROM v GROUP BY market, variant_id, user_id
)
SELECT u.market, u.variant_id, count(*) AS viewers, max(season_ms) AS season_ms,
       CAST(sum(started) AS BIGINT) AS started, CAST(sum(completed) AS BIGINT) AS completed,
       CAST(sum(completed * completed) AS BIGINT) AS completed_completed,
       CAST(sum(completed * started) AS BIGINT) AS completed_started,
       CAST(sum(started * started) AS BIGINT) AS started_started,
       CAST(sum(content_ms) AS BIGINT) AS content_ms, CAST(sum(played_ms) AS BIGINT) AS played_ms,
       sum(CAST(content_ms * content_ms AS DECIMAL(38, 0))) AS content_content,
       sum(CAST(played_ms * played_ms AS DECIMAL(38, 0))) AS played_played,
       CAST(sum(starter) AS BIGINT) AS starters, CAST(sum(watcher) AS BIGINT) AS watchers,
       CAST(sum(CASE WHEN content_ms * 100 >= season_ms * {finished_percent} THEN 1 ELSE 0 END) AS BIGINT)
         AS completers
FROM u JOIN season ON u.market = season.market AND u.variant_id = season.variant_id
GROUP BY u.market, u.variant_id
ORDER BY u.market, u.variant_id
