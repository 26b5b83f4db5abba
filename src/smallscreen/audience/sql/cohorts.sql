-- How many viewers whose first UTC day was the one played on the other. Days stay dates; the weeks are made later.
WITH d AS (
  SELECT user_id, CAST(started_at AS DATE) AS day
  FROM events WHERE {scope} GROUP BY user_id, CAST(started_at AS DATE)
),
f AS (SELECT user_id, day, min(day) OVER (PARTITION BY user_id) AS first_day FROM d)
SELECT first_day, day, count(*) AS viewers
FROM f GROUP BY first_day, day
ORDER BY first_day, day
