"""The solver of shooting schedules: generic, it knows days, scenes, actors and places, and nothing of a series.

    problem = read_problem(path)
    solution = solve(problem, seconds=60)      # lns.solve: greedy, annealing, then CP-SAT around the best
    check(problem, solution)                   # checker.check: written from the rules alone

`talent` is the other classic: the order of scenes that keeps actors waiting least.
"""
