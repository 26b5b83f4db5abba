-- The pieces with where those before them (by position) end: of all, and of this day's alone.
SELECT src, episode, asset_id, market, variant_id, user_id, a, b,
       max(b) OVER (PARTITION BY user_id, asset_id, episode, market, variant_id ORDER BY a, b, src
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen,
       max(CASE WHEN src = 1 THEN b END) OVER (PARTITION BY user_id, asset_id, episode, market, variant_id
                    ORDER BY a, b, src ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen_today
FROM pieces
