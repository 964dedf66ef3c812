/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The HTML report from the inside: what its sections share. Each section is one file and one
 * function, called once, in the order of the page; all read the tables that html_facts() makes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "reports/audit/schema.h"
#include "reports/exporters.h"
#include "reports/html/html.h"

struct html_report {
    struct html out;
    const struct report *report;
    struct audit *audit; /* the report's */
    bool is_whole;       /* nothing was left out by --host and the like */
    /* run and totals */
    int64_t first_us, last_us; /* 0, 0: no packets */
    int64_t step_us;           /* an interval of the timeline, of which are LIMIT_HTML_COLUMNS */
    uint64_t packets, exchanges, not_modified;
    uint64_t observed, certain, likely, possible, opportunity;
};

/* The exporter. */
void html_write(struct report *report);

/*
 * Temporary tables, made once, over what was chosen (selection.h). No sum in them counts an
 * exchange whose outer one is known, since its octets are counted there (contract.md, `totals`).
 * Where a row is 0, the exchange has none.
 *
 *   same_url (id, one)   rows of `url` with the same URL: `one` is the first of them
 *   cost (id, firm, weak, opportunity, whole)
 *                        of an exchange: octets avoidable with certain or likely, and with
 *                        possible; `whole`: one finding claims all of it, so that without the fault
 *                        it would not have taken place
 *   brief (id, ...)      an issue as far as lists of all are ordered by it
 *   matter (issue, ...)  sums over the findings of an issue, and its highest confidence
 *
 * And what html_walk() adds up, in which a key may have several rows (group_sums.h):
 *
 *   per_url (url, ...), per_client (link, requester, ...), per_interval (interval, ...)
 *   asked (url, ...)     conditional requests and what came of them
 *   graded (...)         of 304s: html_server_card.c
 */
void html_facts(struct html_report *report);

/* Walks over the exchanges, once for all sections. */
void html_walk(struct html_report *report);
/* Of the report card: which exchanges its rules accuse, and which flaws forbid to grade. */
extern const char html_card_tables[];

/* Of queries over main.exchange AS e: its octets are not counted at an outer one, too; and its
 * status, 0 where there is none, as schema.c keeps it. */
#define NOT_INNER        "NOT EXISTS (SELECT 1 FROM main.pair WHERE inner = e.id)"
#define NUMERAL_(number) #number
#define NUMERAL(number)  NUMERAL_(number)
#define STATUS_OF_E      "(e.bits >> " NUMERAL(BITS_STATUS) " & 1023)"

/* Does html_what_if() have anything to say? */
bool html_has_what_if(struct html_report *report);

/* The sections, in the order of the page. */
void html_accounts(struct html_report *report); /* all captured bytes in one bar */
void html_fixes(struct html_report *report);    /* the three worth most */
void html_server_card(
    struct html_report *report); /* what each server software does with its 304s */
void html_timeline(struct html_report *report);
void html_rankings(struct html_report *report); /* hosts, clients, URL patterns */
void html_revalidation(
    struct html_report *report); /* what came of conditions, by host; who breaks what */
void html_what_if(struct html_report *report); /* remedies, ideal caches */
void html_lives(struct html_report *report);   /* single URLs */
void html_issues(struct html_report *report);  /* every rule that fired, with its evidence */
void html_doubts(struct html_report *report);  /* what was not seen or not checked */
void html_words(struct html_report *report); /* the words of the report, and how to get the rest */

/* A finding's heads, and those of the exchange it is held against, side by side; then the packets.
 */
void html_evidence(struct html_report *report, int64_t finding);

/* The beginning and end of a section; `id` is what links lead to. */
void html_section(struct html_report *report, const char *id, const char *title);
void html_section_end(struct html_report *report);
/* The whole section, where there was no exchange that it could tell of. */
void html_section_empty(struct html_report *report, const char *id, const char *title);

/* A table that sorts and filters begins: its id, what it shows (NULL: a heading with that id says
 * it), and its head cells by name. A name that begins with '#' is of a column of numbers. */
void html_table(struct html_report *report, const char *id, const char *caption,
                const char *const *columns);
void html_table_end(struct html_report *report);
/* Where rows were left out: how many there are, and a query that gives them all. */
void html_the_rest(struct html_report *report, uint64_t shown, uint64_t all, const char *of_what,
                   const char *query);

/* Host and URL pattern, either of which may be absent. */
void html_place(struct html_report *report, struct slice host, struct slice pattern);
/* A rule's name, linked to its part of the page. */
void html_rule_link(struct html_report *report, const char *rule, const char *variant);
/* What to do about it, anywhere, and in the software that is named (the words of software_words()).
 */
void html_remedy(struct html_report *report, const char *rule, struct slice software);
/* Only the second: where we know of something, a paragraph for each. */
void html_remedy_here(struct html_report *report, const char *rule, struct slice software);
