"""How fast orders can be placed, beside what the database itself could do and what no protection would cost.

Every contender sells the same baskets to the same number of processes and threads, on the same server:
the shop with each locking strategy, `raw` (the same rows by bare mysqlclient: the limit for one order at a
time) and `unlocked` (reads, checks, writes without protection: it must oversell, or the benchmark would not
notice if the shop did).

    workloads   what is bought          clients   buyers in processes and threads
    sellers     the shop, as a seller   runner    interleaved runs, one by one
    reference   raw and unlocked        audit     what the database says afterwards
    scratch     the database for it     summary   medians over the repeats, and the verdict
    server      what it runs on         report    JSON, terminal, HTML
"""
