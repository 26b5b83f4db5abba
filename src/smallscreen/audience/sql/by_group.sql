-- Time played by episode in 256 random groups of viewers (the first two digits of the id's MD5).
-- Sums over groups are the units that are drawn again; a group holds whole viewers.
WITH v AS ({viewer_episode}),
g AS (SELECT substr(md5(user_id), 1, 2) AS part, episode, played_ms FROM v WHERE {edition})
SELECT part, episode, CAST(sum(played_ms) AS BIGINT) AS played_ms
FROM g GROUP BY part, episode
ORDER BY part, episode
