-- An edition's episodes: counts, sums, and the sums of squares that the intervals need. Whole numbers only.
WITH v AS ({viewer_episode}),
w AS (
  SELECT market, variant_id, episode, completed, duration_ms, content_ms, played_ms, plays,
         plays * duration_ms AS offered_ms,
         CASE WHEN content_ms * 100 >= duration_ms * {watched_percent} THEN 1 ELSE 0 END AS watcher,
         CASE WHEN content_ms * 100 >= duration_ms * {finished_percent} THEN 1 ELSE 0 END AS completer
  FROM v
)
SELECT market, variant_id, episode, count(*) AS starters, CAST(sum(completed) AS BIGINT) AS completed,
       CAST(sum(watcher) AS BIGINT) AS watchers, CAST(sum(completer) AS BIGINT) AS completers,
       max(duration_ms) AS duration_ms, CAST(sum(content_ms) AS BIGINT) AS content_ms,
       CAST(sum(played_ms) AS BIGINT) AS played_ms, CAST(sum(plays) AS BIGINT) AS plays,
       CAST(sum(offered_ms) AS BIGINT) AS offered_ms,
       sum(CAST(played_ms * played_ms AS DECIMAL(38, 0))) AS played_played,
       sum(CAST(played_ms * plays AS DECIMAL(38, 0))) AS played_plays,
       sum(CAST(plays * plays AS DECIMAL(38, 0))) AS plays_plays,
       sum(CAST(played_ms * offered_ms AS DECIMAL(38, 0))) AS played_offered,
       sum(CAST(offered_ms * offered_ms AS DECIMAL(38, 0))) AS offered_offered,
       sum(CAST(content_ms * content_ms AS DECIMAL(38, 0))) AS content_content
FROM w
GROUP BY market, variant_id, episode
ORDER BY market, variant_id, episode
