-- Whether any event of the scope was made up by a program.
SELECT max(CASE WHEN simulated THEN 1 ELSE 0 END) AS simulated FROM events WHERE {scope}
