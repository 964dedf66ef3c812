/* SPDX-License-Identifier: MIT */
#pragma once
/* Every cap of reports/, with unit and reason. */

// clang-format off
#define LIMIT_INTERN_WAYS 4              /* entries of a set: the least recently met of four goes */
#define LIMIT_INTERN_SETS (1u << 14)     /* sets of each interner: 65,536 rows remembered, 1 MiB; a row
                                            that is met again after it went gets a second copy */
#define LIMIT_RECENT_EXCHANGES (1u << 15) /* exchanges whose host and pattern a finding can look up
                                            without asking the database, 512 KiB */
#define LIMIT_RECENT_HEADS (1u << 13)    /* exchanges whose heads a finding that comes later can still take, */
#define LIMIT_RECENT_HEAD_OCTETS (4u << 20) /* and octets of these: a head has about 300 */
#define LIMIT_HEADS_PER_ISSUE 8          /* findings of an issue whose heads are kept (contract.md) */
#define LIMIT_ROWS_PER_BATCH 32          /* rows that one statement inserts: more gain little, and their
                                            values (16 octets each) leave the first cache */
#define LIMIT_ROWS_PER_TRANSACTION 65536 /* rows: commits are rare, and trouble is seen in time */
#define LIMIT_ROWS_AHEAD 256             /* rows that cross to the thread of the database together: a
                                            lock per hundred costs nothing */
#define LIMIT_ROWS_AHEAD_OCTETS (1u << 20) /* of their texts: heads may be large */
#define LIMIT_PAGE_CACHE_KIB 2048        /* of SQLite while writing: rows are appended, not looked up */
#define LIMIT_READ_CACHE_KIB 32768       /* of SQLite while reading: what repeats is looked up per row */
#define LIMIT_DISK_RESERVE (UINT64_C(64) << 20) /* octets that live leaves free on the disk, or an eighth of a small one */
#define LIMIT_RETENTION_SLICE 512        /* exchanges that go at a time: some ten milliseconds */
#define LIMIT_RETENTION_EPOCH 4096       /* exchanges at least, of those between which texts are told apart */
#define LIMIT_RETENTION_PAGES 64        /* pages given back to the disk at a time */
#define LIMIT_RETENTION_SLACK (UINT64_C(64) << 20) /* octets below --max-db from where on the oldest go */
#define LIMIT_LOG_OCTETS 16777216        /* octets of a write-ahead log that are kept for the next */
#define LIMIT_SHOWN_TEXT 1024            /* octets of one wire text that are ever put on a terminal */
#define LIMIT_REPORT_CACHE_KIB 65536     /* of SQLite while a report looks exchanges up in any order */
#define LIMIT_GROUP_SUMS (1u << 16)    /* of a table that adds up: three quarters are keys, then it is poured
                                            out; 3 to 6 MiB each, five at once */
#define LIMIT_SUMS_CACHE_KIB 16384       /* of SQLite, for the temporary tables of a report */
#define LIMIT_EVIDENCE_OCTETS (UINT64_C(512) << 20) /* octets of one evidence file: it is made in memory */
#define LIMIT_HTML_PAGE (9u << 19)        /* octets after which the HTML report adds no more rows, 4.5 MiB: a
                                            page under 5 MiB opens at once */
#define LIMIT_HTML_RANKING 100           /* hosts, clients, URL patterns, software */
#define LIMIT_HTML_SOFTWARE 12           /* rows of the 304 report card: the first screen is short */
#define LIMIT_HTML_LIVES 24              /* URLs whose life is told */
#define LIMIT_HTML_EVENTS 40             /* exchanges of such a URL: the earliest */
#define LIMIT_HTML_LANES 6               /* validators of such a URL that get a lane of their own */
#define LIMIT_HTML_ISSUES 40             /* issues listed of one rule */
#define LIMIT_HTML_EVIDENCE 3            /* of them with their heads side by side */
#define LIMIT_HTML_FIELDS 64             /* field lines of one head that are compared */
#define LIMIT_HTML_COLUMNS 96            /* intervals of the timeline */
#define LIMIT_METRICS_CONNECTIONS 16     /* clients of --metrics at once: a few Prometheuses and a person */
#define LIMIT_METRICS_SECONDS 10         /* that a connection to --metrics may last: Prometheus waits as long */
#define LIMIT_METRICS_REQUEST (16u << 10) /* octets kept for a connection to --metrics */
#define LIMIT_STREAM_OCTETS (1u << 20)   /* of --ndjson that wait for a reader: some 700 findings */
#define LIMIT_STREAM_LINES 256           /* findings that --ndjson takes from the database in a turn: 5 ms */
// clang-format on
