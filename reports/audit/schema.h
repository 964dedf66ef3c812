/* SPDX-License-Identifier: MIT */
#pragma once
/* The database's shape, as SQL; schema.c says why it is as it is. */

#define SCHEMA_APPLICATION_ID 0x57333034 /* "W304" */
#define SCHEMA_VERSION        3 /* raised with every change that readers would notice */

extern const char schema_tables[]; /* before the first row */
extern const char schema_settle[]; /* after the last: sums per exchange and issue */
extern const char schema_sums[];   /* the same sums alone, into empty tables */
extern const char schema_ideal[];    /* one statement: a row of what_if that is no remedy */
extern const char schema_savings[];  /* what remedies save, summed anew */
extern const char schema_total[];    /* one statement: totals, of which five numbers are given */
/* A database that grows (live): what stands at any moment. */
extern const char schema_grow[];   /* once it is opened: tables for what this run has counted */
extern const char schema_begin[];  /* before checks and coverage are told anew */
extern const char schema_stand[];  /* and after: those of earlier runs added; sums of new findings */
extern const char schema_listed[]; /* the view `exchanges` as a query, for who reads all of it */
extern const char schema_views[];  /* the nine views of contract.md, for words_expand() */

/* SQL that deletion.c has too. Of the exchanges e and findings f that are meant, by the hour: */
// clang-format off
#define SCHEMA_HOURS(which_exchanges, which_findings)                                              \
    "SELECT hour_us, sum(n) AS exchanges, sum(observed) AS observed, sum(certain) AS certain,"     \
    "  sum(likely) AS likely, sum(possible) AS possible, sum(opportunity) AS opportunity FROM ("   \
    "SELECT e.start_us / 3600000000 * 3600000000 AS hour_us, 1 AS n, e.request_header +"           \
    "  e.request_body + e.response_header + e.response_body AS observed, 0 AS certain,"            \
    "  0 AS likely, 0 AS possible, 0 AS opportunity FROM exchange e WHERE " which_exchanges        \
    "  AND " SCHEMA_COUNTS("e.id")                                                                 \
    " UNION ALL SELECT (SELECT start_us FROM exchange WHERE id = f.exchange)"                      \
    "  / 3600000000 * 3600000000, 0, 0, iif(v.confidence = 2, f.avoidable, 0),"                    \
    "  iif(v.confidence = 1, f.avoidable, 0), iif(v.confidence = 0, f.avoidable, 0),"              \
    "  f.opportunity FROM finding f JOIN verdict v ON v.id = f.verdict WHERE " which_findings      \
    "  AND " SCHEMA_COUNTS("f.exchange") ") GROUP BY hour_us"
/* How long an exchange took, in us; NULL where one of its ends was not seen. */
#define SCHEMA_TIME_OF(exchange)                                                                   \
    "(SELECT response_end FROM exchange WHERE id = " exchange " AND request_frame NOT NULL)"
/* Only the side of a proxy that is nearer to the clients counts. */
#define SCHEMA_COUNTS(exchange) "NOT EXISTS (SELECT 1 FROM pair WHERE inner = " exchange ")"
/* What remedies save, by the findings f of `which`, added to a table with the columns of `remedy`. */
#define SCHEMA_REMEDIES(table, which)                                                              \
    "INSERT INTO " table " SELECT v.rule, iif(f.saves & 4, 'opportunity', 'avoidable'), count(*)," \
    "  sum(f.standalone), coalesce(sum(f.standalone) FILTER (WHERE v.confidence = 0), 0),"         \
    "  sum(f.saves & 3 = 2), coalesce(sum(iif(f.saves & 3 = 2, " SCHEMA_TIME_OF("f.exchange")      \
    ", 0)), 0) FROM finding f JOIN verdict v ON v.id = f.verdict"                                  \
    "  WHERE f.saves & 3 AND " which " AND " SCHEMA_COUNTS("f.exchange") " GROUP BY v.rule"        \
    SCHEMA_ADD_REMEDIES
#define SCHEMA_ADD_REMEDIES                                                                        \
    "  ON CONFLICT(rule) DO UPDATE SET exchanges = exchanges + excluded.exchanges,"                \
    "  saved = saved + excluded.saved, possible = possible + excluded.possible,"                   \
    "  round_trips = round_trips + excluded.round_trips, time_us = time_us + excluded.time_us;"
// clang-format on

/* finding.saves: enum saving, and this where it is another policy that would save it. */
#define SAVES_AS_OPPORTUNITY 4

/* exchange.bits: small numbers in one, which costs SQLite as much as each of them would; the views
 * take it apart again. The last two are rows of `input`, where there is a frame. */
#define BITS_VERSION       0
#define BITS_OUTCOME       3
#define BITS_ENDING        6
#define BITS_ABORTER       9
#define BITS_CONDITIONAL   11
#define BITS_STATUS        12 /* 10 bits; 0: none */
#define BITS_REQUEST_FILE  22 /* 20 bits */
#define BITS_RESPONSE_FILE 42 /* 20 bits */
