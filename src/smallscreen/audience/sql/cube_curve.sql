-- Days of cubes added up: the steps of one episode's curves. `cubes` are the cubes' files.
SELECT second, CAST(sum(play_starts - play_stops) AS BIGINT) AS plays,
       CAST(sum(day_starts - day_stops) AS BIGINT) AS viewer_days,
       CAST(sum(first_starts - first_stops) AS BIGINT) AS viewers
FROM cubes WHERE {scope}
GROUP BY second
ORDER BY second
