-- How many viewers played how many whole seconds: all that a Gini over viewers needs.
WITH v AS ({viewer_episode}),
u AS (SELECT user_id, CAST(sum(played_ms) AS BIGINT) AS ms FROM v WHERE {edition} GROUP BY user_id)
SELECT CAST((ms - ms % 1000) / 1000 AS BIGINT) AS seconds, count(*) AS viewers
FROM u GROUP BY CAST((ms - ms % 1000) / 1000 AS BIGINT)
ORDER BY seconds
