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
extern const char schema_views[];  /* the nine views of contract.md, for words_expand() */

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
