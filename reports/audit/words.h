/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The words of enumerations in the views: rows hold codes, and where schema.c writes WORD(kind,
 * code) the view has "CASE code WHEN 0 THEN 'complete' ... END", with the words that the rest of
 * the program uses. (A table of words costs a query thirty times as much for each row.)
 */

/* Kinds, as schema.c writes them: a letter. */
#define WORDS_OF_VERSION    "V"
#define WORDS_OF_OUTCOME    "O"
#define WORDS_OF_ENDING     "E"
#define WORDS_OF_ABORTER    "A"
#define WORDS_OF_SEVERITY   "S"
#define WORDS_OF_CONFIDENCE "C"
#define WORDS_OF_NORM       "N"
#define WORDS_OF_CHECK      "K"

/* "\1" kind code "\2": no other text has these octets. */
#define WORD(kind, code) "\1" kind code "\2"

/* The same SQL with each WORD() in full; to be given to sqlite3_free(), NULL without memory. */
char *words_expand(const char *sql);
