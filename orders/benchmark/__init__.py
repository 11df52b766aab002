"""How fast orders can be placed, beside what the database itself could do and what no protection would cost.

Every contender sells the same baskets to the same number of processes and threads, on the same server:
the shop with each locking strategy, `raw` (the same rows by bare mysqlclient: the limit for one order at a
time) and `unlocked` (reads, checks, writes without protection: it must oversell, or the benchmark would not
notice if the shop did).

    options     what is asked for           conduct     a whole benchmark, first to last
    plan        every run, in order         runner      one run after another
    workloads   what is bought, and how     processes   client processes, forked and collected
    jobs        one run, for a process      clients     a process's clients, a thread each
    sellers     the shop, as a seller       buying      how one client buys
    reference   raw and unlocked            life        pay, cancel, sweep, restock
    wire        delays and a stopwatch      processor   the database's CPU time
    scratch     the databases for it        history     a million past orders
    server      what it runs on             durability  what COMMIT is worth
    audit       what the database says      tally       what clients counted
    summary     medians, ratios             verdicts    failures, and what was reached
    report      JSON and tables             page, plots HTML
"""
